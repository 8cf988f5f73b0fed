/**
 * What to do with a stack that has just started.
 */
import type { StackPorts } from "./ports.ts";

/** The text that `make dev` prints once everything is ready; every command in it runs as it stands. */
export function describeQuickStart(ports: StackPorts): string {
  const core = `http://127.0.0.1:${ports.core}/billing.core.v1.BillingCoreService`;
  const admin = `http://127.0.0.1:${ports.admin}/billing.admin.v1.AdminService`;
  const topUp = '{"accountId":"acme","amount":{"currencyCode":"USD","amount":"20"},"idempotencyKey":"first"}';
  const call = (service: string, method: string, body: string): string =>
    `    curl -s ${service}/${method} -H "Authorization: Bearer $TOKEN" \\\n      -H 'Content-Type: application/json' -d '${body}'`;
  return `
  Holdfast is ready. Stop it with Ctrl-C; the data stay until \`make reset\`.

    core        127.0.0.1:${ports.core}      gRPC, gRPC-Web and Connect on one port
    pricing     127.0.0.1:${ports.pricing}
    exchange    127.0.0.1:${ports.exchange}
    monitoring  127.0.0.1:${ports.monitoring}
    admin       127.0.0.1:${ports.admin}
    admin http  http://127.0.0.1:${ports.adminHttp}/admin/stats   with the header X-Admin-Key: ADMIN_KEY of .env

  A token, an account, its balance:

    TOKEN=$(make -s token)
${call(core, "CreateAccount", '{"accountId":"acme","currencyCode":"USD"}')}
${call(core, "GetBalance", '{"accountId":"acme"}')}

    # A top-up: pay on the page at its checkoutUrl, and the balance rises.
${call(admin, "CreateCheckoutSession", topUp)}

  The tour: make demo
`;
}

/**
 * What to do with a stack that has just started.
 */
import type { StackPorts } from "./ports.ts";

/** The text that `make dev` prints once everything is ready; every command in it runs as it stands. */
export function describeQuickStart(ports: StackPorts): string {
  const core = `http://127.0.0.1:${ports.core}/billing.core.v1.BillingCoreService`;
  const call = (method: string, body: string): string =>
    `    curl -s ${core}/${method} -H "Authorization: Bearer $TOKEN" \\\n      -H 'Content-Type: application/json' -d '${body}'`;
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
${call("CreateAccount", '{"accountId":"acme","currencyCode":"USD"}')}
${call("GetBalance", '{"accountId":"acme"}')}

  The tour: make demo
`;
}

import { Code } from "@connectrpc/connect";
import type { TObject, TSchema } from "typebox";
import { Retry } from "#gen/billing/options/v1/options_pb.ts";
import { commonSettings, peerSettings } from "#platform/config/common-settings.ts";
import { buildErrorCatalogue, type ErrorRule } from "#platform/errors/catalogue.ts";
import { promisedServices } from "../../e2e/contract/rpc-list.ts";
import { adminSettings } from "../../services/admin/config.ts";
import { coreSettings } from "../../services/core/config.ts";
import { exchangeSettings } from "../../services/exchange/config.ts";
import { monitoringSettings } from "../../services/monitoring/config.ts";
import { pricingSettings } from "../../services/pricing/config.ts";
import { contractComments } from "./contract-comments.ts";
import { metricsPage } from "./metrics-page.ts";

const retryWords: Readonly<Record<number, string>> = {
  [Retry.NEVER]: "no",
  [Retry.SAME_REQUEST]: "yes, the same request",
  [Retry.AFTER_CHANGE]: "once something changed",
};

/** The documents that are made from the contract, the settings and the catalogue of metrics: path → text. */
export function generateDocuments(): Map<string, string> {
  return new Map([
    ["docs/errors.md", errorsPage()],
    ["docs/configuration.md", configurationPage()],
    [
      "services/admin/http/openapi/contract-comments.json",
      `${JSON.stringify(contractComments(), null, 2)}\n`,
    ],
    ["docs/metrics.md", metricsPage()],
  ]);
}

function errorsPage(): string {
  const common = [...buildErrorCatalogue([]).values()];
  const sections = promisedServices.map(({ service, reasons }) => {
    const own = [...buildErrorCatalogue([reasons]).values()].filter(
      ({ reason }) => !common.some((rule) => rule.reason === reason),
    );
    return [`## ${service.typeName}`, "", reasonTable(own)].join("\n");
  });
  return `${[
    "# Errors",
    "",
    "Made from the contract by `make generate`; do not edit.",
    "",
    "Every error carries `google.rpc.ErrorInfo` with domain `holdfast`, the reason below, and metadata: the request id and facts such as `required` and `spendable`. Bad fields are named in `google.rpc.BadRequest`; when to try again stands in `google.rpc.RetryInfo`. Over HTTP JSON the same reason comes as `application/problem+json`.",
    "",
    "A request that cannot be read at all (broken framing, JSON of another shape, a message above its size) is refused by the protocol layer with a status and a message, without a reason.",
    "",
    "Trying again is safe where the table says so, with the same idempotency key: the effect happens once.",
    "",
    "## Any service",
    "",
    reasonTable(common),
    "",
    sections.join("\n\n"),
  ].join("\n")}\n`;
}

function reasonTable(rules: readonly ErrorRule[]): string {
  const rows = rules.map(
    ({ reason, code, httpStatus, retry, advice }) =>
      `| \`${reason}\` | ${Code[code]} | ${httpStatus} | ${retryWords[retry]} | ${advice.replaceAll("<", "&lt;")} |`,
  );
  return ["| reason | code | HTTP | try again? | what to do |", "|---|---|---|---|---|", ...rows].join("\n");
}

function configurationPage(): string {
  const services: ReadonlyArray<readonly [string, TObject]> = [
    ["Billing Core", coreSettings],
    ["Pricing", pricingSettings],
    ["Exchange Rate", exchangeSettings],
    ["Monitoring", monitoringSettings],
    ["Admin", adminSettings],
  ];
  const shared = { ...commonSettings, ...peerSettings };
  const sections = services.map(([name, { properties }]) => {
    const own = Object.fromEntries(Object.entries(properties).filter(([variable]) => !(variable in shared)));
    return [`## ${name}`, "", settingTable(own)].join("\n");
  });
  return `${[
    "# Configuration",
    "",
    "Made from the services' settings by `make generate`; do not edit.",
    "",
    "Services read environment variables only, check all of them at start and list every fault at once. A variable marked *secret* may also come from a file whose path is in `NAME_FILE`; setting both is an error. `make dev` and `make up` make random secrets in `.env` on first use.",
    "",
    "## Every service",
    "",
    settingTable(commonSettings),
    "",
    "## Addresses of the other services",
    "",
    settingTable(peerSettings),
    "",
    sections.join("\n\n"),
  ].join("\n")}\n`;
}

type Described = TSchema & { default?: unknown; description?: string; secret?: boolean };

function settingTable(properties: Readonly<Record<string, TSchema>>): string {
  const rows = Object.entries(properties).map(([name, property]) => {
    const { default: fallback, description, secret } = property as Described;
    const shown = fallback === undefined ? "" : fallback === "" ? "empty" : `\`${String(fallback)}\``;
    return `| \`${name}\`${secret ? " (secret)" : ""} | ${shown} | ${description ?? ""} |`;
  });
  return ["| variable | default | meaning |", "|---|---|---|", ...rows].join("\n");
}

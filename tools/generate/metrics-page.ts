import { metricCatalogue } from "../../services/monitoring/domain/metrics/definitions/catalogue.ts";
import type {
  LabelValues,
  MetricDefinition,
} from "../../services/monitoring/domain/metrics/metric-definition.ts";

/** docs/metrics.md: every metric that Monitoring keeps, from its catalogue. */
export function metricsPage(): string {
  const metrics = metricCatalogue.inOrder();
  const fromEvents = metrics.filter(({ source }) => source === "ledger");
  return `${[
    "# Metrics",
    "",
    "Made from Monitoring's catalogue by `make generate`; do not edit. How they are kept and read: [monitoring.md](monitoring.md).",
    "",
    "Each service shows its own at `/metrics`, in the text format of Prometheus and as OpenMetrics to who asks for it, with the label `service`, beside those of its Node process. Amounts are in the currency's major unit. No label ever holds an account.",
    "",
    "## Of the ledger",
    "",
    "Counters are counted from the ledger's events, each exactly once, at the time of the entry. Monitoring shows them, the same from every instance: take the `max` of several, never the `sum`. *Per account*: also kept for each account, for `QueryMetrics` with an account.",
    "",
    table(fromEvents),
    "",
    "## Of the services",
    "",
    "What Monitoring finds out by asking (source *monitoring*, gauges) is the same from every instance too.",
    "",
    table(metrics.filter((metric) => !fromEvents.includes(metric))),
  ].join("\n")}\n`;
}

function table(metrics: readonly MetricDefinition[]): string {
  const rows = metrics.map(({ name, type, unit, labels, description, perAccount, source }) => {
    const described = Object.entries(labels).map(
      ([label, values]) => `\`${label}\`: ${valuesInWords(values)}`,
    );
    const kind = unit === "" ? type : `${type}, ${unit}`;
    const meaning = perAccount ? `${description} *Per account.*` : description;
    return `| \`${name}\` | ${kind} | ${source} | ${described.join("; ") || "none"} | ${meaning} |`;
  });
  return ["| metric | type, unit | source | labels | meaning |", "|---|---|---|---|---|", ...rows].join("\n");
}

function valuesInWords(values: LabelValues): string {
  if (values === "currency") return "a currency code";
  if (values === "name") return "a name";
  return values.join(", ");
}

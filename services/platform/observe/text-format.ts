import { openMetricsContentType, prometheusContentType } from "@prometheus-io/client";

/** A page of metrics with its media type. */
export interface MetricsText {
  readonly type: string;
  readonly body: string;
}

const openMetrics = /^\s*application\/openmetrics-text\s*(;|$)/i;
const refused = /;\s*q=0(\.0*)?\s*(;|$)/i;
/** As the library writes it: the help of a counter without its ending, then the type. */
const counterHead = /^# HELP (\S+) (.*)\n# TYPE \1 counter$/gm;

/**
 * The page in the form that a reader asks for. As every exporter does: OpenMetrics to who names it, as Prometheus
 * does, and Prometheus' older text format to everybody else, which `promtool check metrics` reads too.
 */
export function metricsTextFor(accept: string | undefined, openMetricsPage: string): MetricsText {
  const ranges = (accept ?? "").split(",");
  if (ranges.some((range) => openMetrics.test(range) && !refused.test(range)))
    return { type: openMetricsContentType, body: openMetricsPage };
  const body = openMetricsPage
    .replace(counterHead, "# HELP $1_total $2\n# TYPE $1_total counter")
    .replace(/# EOF\n$/, "");
  return { type: prometheusContentType, body };
}

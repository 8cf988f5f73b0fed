import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  openMetricsContentType,
  Registry,
} from "@prometheus-io/client";
import { DurationHistogram } from "./duration-histogram.ts";

/** Metrics of one service, shown at `/metrics`. Labels are closed sets: never an account id. */
export interface Metrics {
  readonly registry: Registry<typeof openMetricsContentType>;
  /** The page as OpenMetrics text. */
  page(): Promise<string>;
  /** One call ended. `code` is the status in lower case, `reason` the error reason or "". */
  recordCall(method: string, code: string, reason: string, seconds: number): void;
  /** Calls under way, up and down. */
  countInFlight(change: 1 | -1): void;
}

/** Seconds: from a cached read to a slow settlement. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What the library collects under names that break Prometheus' rules; `nodejs_active_resources` tells the same. */
const misnamedMetrics = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
  "nodejs_eventloop_utilization_histogram",
  "nodejs_eventloop_utilization_summary",
];
/** The utilization is not shown: its timer need not wake the process ten times a second. */
const dayMs = 86_400_000;

/** Metrics of the process and of its calls; `worker` names one of several processes of a service. */
export function createMetrics(service: string, worker?: string): Metrics {
  const registry = new Registry<typeof openMetricsContentType>(openMetricsContentType);
  registry.setDefaultLabels({ service, ...(worker === undefined ? {} : { worker }) });
  collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: dayMs });
  for (const name of misnamedMetrics) registry.removeSingleMetric(name);
  const registers = [registry];
  const counts = new CallCounts();
  new Counter({
    name: "billing_rpc_requests_total",
    help: "Calls that ended, by status and error reason",
    labelNames: ["method", "code", "reason"] as const,
    registers,
    collect() {
      counts.drainInto((labels, count) => this.inc(labels, count));
    },
  });
  const seconds = new DurationHistogram({
    name: "billing_rpc_duration_seconds",
    help: "Time from the headers of a call to its answer",
    label: "method",
    bounds: durationBuckets,
  });
  registry.registerMetric(seconds.asMetric());
  let inFlight = 0;
  new Gauge({
    name: "billing_rpc_in_flight",
    help: "Calls under way",
    registers,
    collect() {
      this.set(inFlight);
    },
  });
  return {
    registry,
    page: () => registry.metrics(),
    recordCall(method, code, reason, elapsedSeconds) {
      counts.add(method, code, reason);
      seconds.observe(method, elapsedSeconds);
    },
    countInFlight(change) {
      inFlight += change;
    },
  };
}

/** How calls ended since the metrics were read last: a library's counter costs more than the call's own bookkeeping. */
class CallCounts {
  readonly #byMethod = new Map<string, Map<string, Map<string, number>>>();

  add(method: string, code: string, reason: string): void {
    const reasons = innerMap(innerMap(this.#byMethod, method), code);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  drainInto(take: (labels: { method: string; code: string; reason: string }, count: number) => void): void {
    for (const [method, codes] of this.#byMethod)
      for (const [code, reasons] of codes)
        for (const [reason, count] of reasons) take({ method, code, reason }, count);
    this.#byMethod.clear();
  }
}

function innerMap<V>(outer: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let inner = outer.get(key);
  if (inner === undefined) {
    inner = new Map();
    outer.set(key, inner);
  }
  return inner;
}

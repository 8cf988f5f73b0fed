import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  openMetricsContentType,
  Registry,
} from "@prometheus-io/client";

/** Metrics of one service, in OpenMetrics text at `/metrics`. Labels are closed sets: never an account id. */
export interface Metrics {
  readonly registry: Registry<typeof openMetricsContentType>;
  /** One call ended. `code` is the status in lower case, `reason` the error reason or "". */
  recordCall(method: string, code: string, reason: string, seconds: number): void;
  /** Calls under way, up and down. */
  countInFlight(change: 1 | -1): void;
}

/** Seconds: from a cached read to a slow settlement. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Metrics of the process and of its calls. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry<typeof openMetricsContentType>(openMetricsContentType);
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const calls = new Counter({
    name: "billing_rpc_requests_total",
    help: "Calls that ended, by status and error reason",
    labelNames: ["method", "code", "reason"] as const,
    registers,
  });
  const seconds = new Histogram({
    name: "billing_rpc_duration_seconds",
    help: "Time from the headers of a call to its answer",
    labelNames: ["method"] as const,
    buckets: durationBuckets,
    registers,
  });
  const inFlight = new Gauge({ name: "billing_rpc_in_flight", help: "Calls under way", registers });
  return {
    registry,
    recordCall(method, code, reason, elapsedSeconds) {
      calls.inc({ method, code, reason });
      seconds.observe({ method }, elapsedSeconds);
    },
    countInFlight: (change) => inFlight.inc(change),
  };
}

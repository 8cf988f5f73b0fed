import type { MetricObjectWithValues, MetricValue } from "@prometheus-io/client";

/** What a registry gives of itself. */
export type MetricsReport = MetricObjectWithValues<MetricValue<string>>[];

/** What the first process tells a worker. */
export type ToWorker =
  /** To finish its calls and end. */
  | { readonly kind: "stop" }
  /** To report its metrics. */
  | { readonly kind: "report"; readonly id: number }
  /** What all workers have reported, for the question with this id. */
  | { readonly kind: "collected"; readonly id: number; readonly reports: readonly MetricsReport[] };

/** What a worker tells the first process. */
export type FromWorker =
  | { readonly kind: "collect"; readonly id: number }
  | { readonly kind: "reported"; readonly id: number; readonly report: MetricsReport };

/** Names the place of a worker among the others to its process: "1" and on, the same for the one that follows it. */
export const workerPlaceVariable = "HOLDFAST_WORKER";

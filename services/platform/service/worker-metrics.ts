import cluster, { type Worker } from "node:cluster";
import { openMetricsContentType, Registry } from "@prometheus-io/client";
import type { Metrics } from "../observe/metrics.ts";
import type { FromWorker, MetricsReport, ToWorker } from "./worker-messages.ts";

/** Longest wait for the reports of all workers; what is missing then is left out, as of an instance that is down. */
const reportMs = 1_000;
/** Longest wait of a worker for the first process. */
const collectMs = 3_000;

/** In the first process: asks every worker for its metrics on behalf of the one that is asked for the page. */
export function passMetricsOn(workers: () => readonly Worker[]): void {
  const questions = new Map<number, (report: MetricsReport) => void>();
  let lastQuestion = 0;
  const ask = (worker: Worker): Promise<MetricsReport> =>
    new Promise((resolve) => {
      const id = ++lastQuestion;
      questions.set(id, resolve);
      setTimeout(() => {
        if (questions.delete(id)) resolve([]);
      }, reportMs);
      tell(worker, { kind: "report", id });
    });
  cluster.on("message", (asking, message: FromWorker) => {
    if (message.kind === "reported") {
      questions.get(message.id)?.(message.report);
      questions.delete(message.id);
    } else if (message.kind === "collect") {
      const { id } = message;
      void Promise.all(workers().map(ask)).then((reports) =>
        tell(asking, { kind: "collected", id, reports }),
      );
    }
  });
}

/** Says something to a worker that may just have ended. */
export function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {});
}

/**
 * In a worker: a page with the metrics of all workers, each under its own label, so that whichever is asked the page
 * is the same and a counter begins anew only where its worker did.
 */
export function shareMetrics(metrics: Metrics): Metrics {
  const questions = new Map<number, (reports: readonly MetricsReport[]) => void>();
  let lastQuestion = 0;
  process.on("message", (message: ToWorker) => {
    if (message.kind === "collected") {
      questions.get(message.id)?.(message.reports);
      questions.delete(message.id);
    } else if (message.kind === "report") {
      const { id } = message;
      void metrics.registry
        .getMetricsAsJSON()
        .then((report) => sendToFirst({ kind: "reported", id, report: stripped(report) }));
    }
  });
  const collect = (): Promise<readonly MetricsReport[]> =>
    new Promise((resolve, reject) => {
      const id = ++lastQuestion;
      questions.set(id, resolve);
      setTimeout(() => {
        if (questions.delete(id)) reject(new Error("the first process did not answer"));
      }, collectMs).unref();
      sendToFirst({ kind: "collect", id });
    });
  return {
    ...metrics,
    page: async () => {
      const merged = Registry.aggregate<typeof openMetricsContentType>([...(await collect())]);
      merged.setContentType(openMetricsContentType);
      return merged.metrics();
    },
  };
}

/**
 * Only what can be sent; each series is one worker's, so that adding up changes nothing. A merged registry appends the
 * ending of counters without looking whether they have it.
 */
function stripped(report: MetricsReport): MetricsReport {
  return report.map(({ name, help, type, values }) => ({
    ...({ help, type, values } as MetricsReport[number]),
    name: String(type) === "counter" ? name.replace(/_total$/, "") : name,
    aggregator: "sum",
  }));
}

function sendToFirst(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

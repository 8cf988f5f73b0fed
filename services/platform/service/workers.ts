import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import closeWithGrace from "close-with-grace";
import { backoffMs } from "../clock/backoff.ts";
import type { Logger } from "../observe/log.ts";
import { workerPlaceVariable } from "./worker-messages.ts";
import { passMetricsOn, tell } from "./worker-metrics.ts";

/** How the processes of a service are kept. */
export interface WorkersOptions {
  readonly count: number;
  /** Longest wait for workers that are told to stop, in milliseconds. */
  readonly stopWithinMs: number;
  readonly log: Logger;
}

/** Between the end of a worker and its follower; the first one comes nearly at once. */
const restart = { firstMs: 50, maxMs: 5_000 } as const;

/**
 * Keeps a number of processes that serve one port: connections go to them in turn. A worker that ends is followed by
 * another one; calls on its connections are lost to their callers as with any server that dies. It is the first process
 * that signals reach: it has the workers finish their calls, and ends with them.
 */
export function keepWorkers({ count, stopWithinMs, log }: WorkersOptions): void {
  const keeper = new WorkerKeeper(log);
  // Numbers that are none, as metrics have them, can't be sent as JSON.
  cluster.setupPrimary({ serialization: "advanced" });
  passMetricsOn(() => keeper.workers());
  for (let place = 1; place <= count; place++) keeper.start(place);
  log.info({ workers: count }, `keeping ${count} workers`);
  closeWithGrace({ delay: stopWithinMs, logger: false }, ({ err }) => {
    if (err) log.fatal({ err }, "stopping after an uncaught error");
    return keeper.stop();
  });
}

class WorkerKeeper {
  readonly #log: Logger;
  readonly #workers = new Map<number, Worker>();
  readonly #failures = new Map<number, number>();
  readonly #listening = new WeakSet<Worker>();
  #hasServed = false;
  #isStopping = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  workers(): Worker[] {
    return [...this.#workers.values()];
  }

  start(place: number): void {
    if (this.#isStopping) return;
    const worker = cluster.fork({ [workerPlaceVariable]: String(place) });
    this.#workers.set(place, worker);
    worker.once("listening", () => {
      this.#listening.add(worker);
      this.#hasServed = true;
      this.#failures.delete(place);
      this.#log.info({ place, workerPid: worker.process.pid }, "a worker serves");
    });
    // A fault of the channel shows by the worker's end.
    worker.on("error", () => {});
    worker.once("exit", (code, signal) => this.#onExit(place, code, signal));
  }

  #onExit(place: number, code: number | null, signal: string | null): void {
    this.#workers.delete(place);
    if (this.#isStopping) return;
    // What keeps the first ones from serving, as a wrong setting or an unfit database, is said by them.
    if (!this.#hasServed && code !== 0 && signal === null) process.exit(code ?? 1);
    const failures = (this.#failures.get(place) ?? 0) + 1;
    this.#failures.set(place, failures);
    this.#log.error({ place, code, signal }, "a worker has ended; another one follows");
    setTimeout(() => this.start(place), backoffMs(failures, restart));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(
      this.workers().map((worker) => {
        const ended = once(worker, "exit");
        tell(worker, { kind: "stop" });
        // One that has only begun listens to nothing yet, and serves nobody.
        if (!this.#listening.has(worker)) worker.process.kill("SIGTERM");
        return ended;
      }),
    );
  }
}

/** In a worker: ends it once, whether the first process or a signal says so first. */
export function stopWhenTold(stop: () => void): void {
  let isTold = false;
  const stopOnce = (): void => {
    if (isTold) return;
    isTold = true;
    stop();
  };
  // A terminal sends its signal to all processes.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stopOnce);
  process.on("message", (message: { kind?: unknown }) => {
    if (message.kind === "stop") stopOnce();
  });
}

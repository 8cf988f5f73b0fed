/**
 * A child process that is kept running until it is stopped on purpose.
 */
import type { ProcessExit, TetheredProcess } from "#platform/testing/tethered-process.ts";

/** How to start the process and how to treat its end. */
export interface SupervisionOptions {
  /** Starts it once; a rejection counts as a crash. */
  start: () => Promise<SupervisedChild> | SupervisedChild;
  /** SIGTERM to SIGKILL. */
  stopGraceMs: number;
  /** Whether to start it again when it ends by itself, with a growing pause. */
  restartOnCrash: boolean;
  /** Receives a sentence about each unexpected end. */
  onEvent: (text: string) => void;
}

/** The part of a process that supervision needs. */
export type SupervisedChild = Pick<
  TetheredProcess,
  "pid" | "isRunning" | "signal" | "waitForExit" | "terminate"
>;

const firstPauseMs = 500;
const longestPauseMs = 10_000;
/** Having run this long, the next crash counts as the first one. */
const settledAfterMs = 30_000;

/** One process of the stack. Operations that overlap run one after the other. */
export class SupervisedProcess {
  readonly #options: SupervisionOptions;
  #child: SupervisedChild | undefined;
  #wanted = false;
  #crashes = 0;
  #pause: NodeJS.Timeout | undefined;
  #lastOperation: Promise<unknown> = Promise.resolve();

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.isRunning() ? this.#child?.pid : undefined;
  }

  isRunning(): boolean {
    return this.#child?.isRunning() === true;
  }

  /** Whether it runs, or will run again without anybody's doing. */
  isKept(): boolean {
    return this.isRunning() || (this.#wanted && this.#options.restartOnCrash);
  }

  /** How often it has ended by itself since it last ran for 30 s. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Starts it. @throws what `start` threw. */
  start(): Promise<void> {
    return this.#enqueue(() => this.#begin());
  }

  /** Ends it gently and keeps it ended. */
  stop(): Promise<void> {
    this.#abandon();
    return this.#enqueue(() => this.#end());
  }

  /** Ends it and starts it again. @throws what `start` threw. */
  restart(): Promise<void> {
    this.#abandon();
    return this.#enqueue(async () => {
      await this.#end();
      await this.#begin();
    });
  }

  /** SIGKILL, and keeps it ended until `restart`. */
  async kill(): Promise<void> {
    this.killNow();
    await this.#child?.waitForExit();
  }

  /** As `kill`, without waiting. */
  killNow(): void {
    this.#abandon();
    this.#child?.signal("SIGKILL");
  }

  async #begin(): Promise<void> {
    this.#wanted = true;
    this.#crashes = 0;
    await this.#launch();
  }

  async #end(): Promise<void> {
    this.#abandon();
    await this.#child?.terminate(this.#options.stopGraceMs);
  }

  #abandon(): void {
    this.#wanted = false;
    clearTimeout(this.#pause);
  }

  #enqueue(operation: () => Promise<void>): Promise<void> {
    const result = this.#lastOperation.then(operation);
    this.#lastOperation = result.catch(() => {});
    return result;
  }

  async #launch(): Promise<void> {
    if (this.isRunning()) {
      return;
    }
    const startedAt = Date.now();
    const child = await this.#options.start();
    this.#child = child;
    if (!this.#wanted) {
      // Stopped or killed while it was starting.
      child.signal("SIGKILL");
      return;
    }
    void child.waitForExit().then((exit) => this.#onExit(exit, Date.now() - startedAt));
  }

  #onExit(exit: ProcessExit, ranMs: number): void {
    if (!this.#wanted) {
      return;
    }
    this.#crashes = ranMs > settledAfterMs ? 1 : this.#crashes + 1;
    const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
    this.#scheduleRestart(`ended ${how}`);
  }

  #scheduleRestart(what: string): void {
    if (!this.#options.restartOnCrash) {
      this.#options.onEvent(what);
      return;
    }
    const pauseMs = Math.min(firstPauseMs * 2 ** (this.#crashes - 1), longestPauseMs);
    this.#options.onEvent(`${what}; starting it again in ${pauseMs / 1000} s`);
    this.#pause = setTimeout(() => {
      void this.#enqueue(async () => {
        if (this.#wanted) {
          await this.#launch();
        }
      }).catch((error: unknown) => {
        this.#crashes += 1;
        this.#scheduleRestart(`did not start (${error instanceof Error ? error.message : String(error)})`);
      });
    }, pauseMs);
  }
}

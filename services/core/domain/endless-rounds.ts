import { type Backoff, backoffMs } from "#platform/clock/backoff.ts";
import { type Clock, pause } from "#platform/clock/clock.ts";

/** Work that is done in rounds, one after the other, for ever. */
export interface RoundsOptions {
  /** One round, which ends early once the signal is aborted; gives the wait until the next, in milliseconds. */
  round(signal: AbortSignal): Promise<number>;
  /** Told why a round failed; the next comes after a wait that grows. */
  failed(error: unknown): void;
  readonly retry: Backoff;
  readonly clock: Clock;
}

/** Runs rounds between `start` and `stop`. */
export class EndlessRounds {
  readonly #options: RoundsOptions;
  readonly #stopping = new AbortController();
  #ended: Promise<void> | undefined;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { round, failed, retry, clock } = this.#options;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      let waitMs: number;
      try {
        waitMs = await round(signal);
        failures = 0;
      } catch (error) {
        failures += 1;
        failed(error);
        waitMs = backoffMs(failures, retry);
      }
      await pause(clock, waitMs, signal);
    }
  }
}

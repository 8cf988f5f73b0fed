import type { Clock } from "#platform/clock/clock.ts";
import type { Transaction } from "../transaction.ts";

/** Changes that wait for one watcher; one that is further behind gets a fresh snapshot instead. */
const mostQueued = 256;

/** What happened since a watcher last looked. */
export interface Happened {
  /** In order of sequence, without a gap unless `lagged`. */
  readonly changes: readonly Transaction[];
  /** Whether changes were dropped, so that only the whole balance tells what is true. */
  readonly lagged: boolean;
}

/** The changes of an account on their way to one watcher. */
export class Subscription {
  #queue: Transaction[] = [];
  #lagged = false;
  #wake: (() => void) | undefined;

  push(change: Transaction): void {
    if (this.#queue.length >= mostQueued) this.lag();
    if (!this.#lagged) this.#queue.push(change);
    this.#wake?.();
  }

  /** Drops what waits: the watcher is too slow, or changes can't be told any more. */
  lag(): void {
    this.#queue = [];
    this.#lagged = true;
    this.#wake?.();
  }

  /** Ends a waiting at once, because the watcher leaves. */
  wake(): void {
    this.#wake?.();
  }

  /** Waits for something to happen, at most `waitMs`; then gives all of it. */
  async take(clock: Clock, waitMs: number): Promise<Happened> {
    if (this.#queue.length === 0 && !this.#lagged) {
      await new Promise<void>((resolve) => {
        const timer = clock.setTimer(waitMs, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const taken = { changes: this.#queue, lagged: this.#lagged };
    this.#queue = [];
    this.#lagged = false;
    return taken;
  }
}

/** Something that must not wait for ever. */
export interface Deadline {
  /** Epoch milliseconds; may move later while it is watched, not earlier. */
  dueAtMs: number;
  /** Where it stands among those watched, kept by who watches; −1 while it is not. */
  place: number;
  /** Called once, at most `coarseMs` late. */
  onDue(): void;
}

/** How much later than due a deadline may be found. */
const coarseMs = 5;
/** Longest time that Node's timers take. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Watches deadlines with one timer for all of them. Nearly every call is answered long before its deadline, so
 * what must be cheap is to begin and to end watching; a timer for each call costs several times as much.
 */
export class PendingDeadlines {
  /**
   * In no order. A Set that calls go into and out of makes a new table for every few of them, and each old table
   * points to the next: once one has grown old, all after it and the calls in them live until the great collection.
   */
  readonly #watched: Deadline[] = [];
  #timer: NodeJS.Timeout | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  watch(deadline: Deadline): void {
    deadline.place = this.#watched.push(deadline) - 1;
    if (deadline.dueAtMs < this.#wakeAtMs) this.#wakeAt(deadline.dueAtMs);
  }

  forget(deadline: Deadline): void {
    if (deadline.place === -1) return;
    const last = this.#watched.pop()!;
    if (last !== deadline) {
      this.#watched[deadline.place] = last;
      last.place = deadline.place;
    }
    deadline.place = -1;
  }

  #wakeAt(dueAtMs: number): void {
    const nowMs = Date.now();
    const delayMs = Math.min(longestTimerMs, Math.max(coarseMs, Math.ceil(dueAtMs - nowMs)));
    this.#wakeAtMs = nowMs + delayMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#findDue(), delayMs);
    // Calls under way keep the process alive by their connections.
    this.#timer.unref();
  }

  #findDue(): void {
    const nowMs = Date.now();
    let nextMs = Number.POSITIVE_INFINITY;
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    // From the end, where those come from that fill gaps.
    for (let place = this.#watched.length - 1; place >= 0; place--) {
      const deadline = this.#watched[place];
      if (deadline === undefined) continue;
      if (deadline.dueAtMs <= nowMs) {
        this.forget(deadline);
        deadline.onDue();
      } else if (deadline.dueAtMs < nextMs) nextMs = deadline.dueAtMs;
    }
    if (nextMs < this.#wakeAtMs) this.#wakeAt(nextMs);
  }
}

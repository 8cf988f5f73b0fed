/** Something that must not wait for ever. */
export interface Deadline {
  /** Epoch milliseconds; may move later while it is watched, not earlier. */
  dueAtMs: number;
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
  readonly #watched = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  watch(deadline: Deadline): void {
    this.#watched.add(deadline);
    if (deadline.dueAtMs < this.#wakeAtMs) this.#wakeAt(deadline.dueAtMs);
  }

  forget(deadline: Deadline): void {
    this.#watched.delete(deadline);
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
    for (const deadline of this.#watched) {
      if (deadline.dueAtMs <= nowMs) {
        this.#watched.delete(deadline);
        deadline.onDue();
      } else if (deadline.dueAtMs < nextMs) nextMs = deadline.dueAtMs;
    }
    if (nextMs < this.#wakeAtMs) this.#wakeAt(nextMs);
  }
}

/** A wait is counted in parts, so that time in which this process could not listen is not taken for silence. */
const partsOfWait = 10;

/**
 * Waits for an answer, connecting included, which a client's own timeout does not bound. A process that is busy for
 * longer than the timeout, as at its start, would find a timer due before it has read the answer that lies there:
 * such a stall counts as one part of the wait.
 *
 * @throws NoAnswer after the time; the signal tells the asking.
 */
export function whileListening<T>(timeoutMs: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leaving = new AbortController();
    let partsLeft = partsOfWait;
    const timer = setInterval(() => {
      partsLeft -= 1;
      if (partsLeft > 0) return;
      clearInterval(timer);
      reject(new NoAnswer());
      leaving.abort();
    }, timeoutMs / partsOfWait);
    ask(leaving.signal)
      .then(resolve, reject)
      .finally(() => clearInterval(timer));
  });
}

/** Nothing came in time. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

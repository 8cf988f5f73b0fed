import { Code, ConnectError } from "@connectrpc/connect";

/** What ends an attempt before its answer. */
export interface AttemptLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Longer timers fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/**
 * The result of the work, or DEADLINE_EXCEEDED at the timeout, or CANCELED when the signal is aborted, both at
 * once and whatever the work does with the signal it is given: a transport's own timeout does not bound the
 * time to connect.
 */
export function withinLimits<T>(
  { timeoutMs, signal }: AttemptLimits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) return reject(canceledError(signal.reason));
    const end = (error: ConnectError) => {
      reject(error);
      controller.abort(error);
    };
    const cancel = () => end(canceledError(signal?.reason));
    const timer = setTimeout(
      () => end(new ConnectError(`no answer within ${timeoutMs} ms`, Code.DeadlineExceeded)),
      Math.min(timeoutMs, longestTimerMs),
    );
    signal?.addEventListener("abort", cancel, { once: true });
    void work(controller.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", cancel);
      });
  });
}

/** Waits, or ends with CANCELED when the signal is aborted. */
export function pause(pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(canceledError(signal.reason));
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      settle();
    };
    const cancel = () => end(() => reject(canceledError(signal?.reason)));
    const timer = setTimeout(() => end(resolve), pauseMs);
    signal?.addEventListener("abort", cancel, { once: true });
  });
}

/** What a call ends with when its caller aborts it. */
export function canceledError(reason: unknown): ConnectError {
  return new ConnectError("the caller aborted the call", Code.Canceled, undefined, undefined, reason);
}

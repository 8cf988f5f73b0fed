import { CommonError } from "../errors/common-error.ts";

/** What a caller is told at its deadline. */
export function deadlinePassed(): CommonError {
  return new CommonError("DEADLINE_PASSED", "the deadline passed before the answer");
}

/**
 * The result of the work, or DEADLINE_PASSED at the deadline. The work itself goes on to its end: an effect
 * that has begun is not torn, only its answer is late.
 */
export function withinDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leftMs = deadlineMs - Date.now();
    const timer = setTimeout(() => reject(deadlinePassed()), Math.max(0, Math.min(leftMs, 2 ** 31 - 1)));
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

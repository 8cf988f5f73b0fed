import { ExchangeError } from "../exchange-error.ts";

/** Clocks of two machines differ: a time that the caller has just read is no future. */
export const clockSkewMs = 5_000;

/**
 * The time that a question is about: the one asked for, else now. Never after now.
 *
 * @throws ExchangeError TIME_OUT_OF_RANGE if it lies in the future by more than clocks differ.
 */
export function pointInTime(asOfMs: number | undefined, nowMs: number): number {
  if (asOfMs === undefined) return nowMs;
  if (asOfMs > nowMs + clockSkewMs)
    throw new ExchangeError(
      "TIME_OUT_OF_RANGE",
      `as_of must not lie in the future; it is ${new Date(nowMs).toISOString()} here`,
    );
  return Math.min(asOfMs, nowMs);
}

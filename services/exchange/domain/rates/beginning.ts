import { ExchangeError } from "../exchange-error.ts";
import { clockSkewMs } from "./point-in-time.ts";

const farthestMs = 10 * 366 * 24 * 60 * 60 * 1_000;

/**
 * The first moment at which something is to hold: the one asked for, else now. The past cannot be changed.
 *
 * @throws ExchangeError TIME_OUT_OF_RANGE if it lies in the past by more than clocks differ, or ten years ahead.
 */
export function beginningMs(askedMs: number | undefined, nowMs: number, field: string): number {
  if (askedMs === undefined) return nowMs;
  if (askedMs < nowMs - clockSkewMs || askedMs > nowMs + farthestMs) {
    const description = `must lie between now (${new Date(nowMs).toISOString()}) and ten years ahead`;
    throw new ExchangeError("TIME_OUT_OF_RANGE", `${field} ${description}`, {
      fields: [{ field, description }],
    });
  }
  return Math.max(askedMs, nowMs);
}

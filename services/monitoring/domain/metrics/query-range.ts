import { invalidField } from "#platform/errors/common-error.ts";
import { MonitoringError } from "../monitoring-error.ts";
import type { MetricRange } from "./metrics-reader.ts";
import { finestStepMs, oldestPointMs, resolutionFor } from "./resolution.ts";

/** A range as it was asked for. */
export interface AskedRange {
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly stepMs: number | undefined;
}

const defaultLengthMs = 3_600_000;
const defaultPoints = 240;
const mostPoints = 2_000;
/** Lengths of which days are made, so that points stand at times that people know. */
const stepMinutes = [
  1, 2, 3, 5, 6, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1_440, 2_880, 10_080, 44_640,
];

/**
 * A range whose points stand on multiples of its step. Unset: the hour before now, the shortest step with at most
 * 240 points of which all are still kept.
 *
 * @throws CommonError REQUEST_INVALID; MonitoringError QUERY_TOO_LARGE.
 */
export function planRange(asked: AskedRange, nowMs: number): MetricRange {
  const endMs = asked.endMs ?? nowMs;
  const startMs = asked.startMs ?? endMs - defaultLengthMs;
  if (startMs >= endMs) throw invalidField("end_time", "it must lie after the start");
  const stepMs = asked.stepMs ?? shortestStepMs(startMs, endMs, nowMs);
  if (stepMs % finestStepMs !== 0) throw invalidField("step", "it must be whole minutes");
  const fromMs = Math.floor(startMs / stepMs) * stepMs;
  const untilMs = Math.ceil(endMs / stepMs) * stepMs;
  const points = (untilMs - fromMs) / stepMs;
  if (points > mostPoints) throw tooLarge(points, mostPoints);
  return { fromMs, untilMs, stepMs };
}

export function tooLarge(points: number, most: number): MonitoringError {
  return new MonitoringError("QUERY_TOO_LARGE", `the answer would have ${points} points of at most ${most}`, {
    metadata: { points: String(points), max_points: String(most) },
  });
}

function shortestStepMs(startMs: number, endMs: number, nowMs: number): number {
  const minutes = stepMinutes.find((each) => {
    const stepMs = each * finestStepMs;
    const fits = (endMs - startMs) / stepMs <= defaultPoints;
    return fits && oldestPointMs(resolutionFor(stepMs), nowMs) <= Math.floor(startMs / stepMs) * stepMs;
  });
  return (minutes ?? stepMinutes.at(-1)!) * finestStepMs;
}

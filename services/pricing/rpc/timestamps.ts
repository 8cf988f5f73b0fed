import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { invalidField } from "#platform/errors/common-error.ts";

const firstSecond = BigInt(Date.parse("0001-01-01T00:00:00Z") / 1_000);
const lastSecond = BigInt(Date.parse("9999-12-31T23:59:59Z") / 1_000);
const nanosPerSecond = 1_000_000_000;

/**
 * Epoch milliseconds of a timestamp, undefined for one that is not set.
 *
 * @throws CommonError REQUEST_INVALID naming the field if it is no time of the years 1 to 9999
 */
export function readTimestamp(timestamp: Timestamp | undefined, field: string): number | undefined {
  if (timestamp === undefined) return undefined;
  const { seconds, nanos } = timestamp;
  if (seconds < firstSecond || seconds > lastSecond || nanos < 0 || nanos >= nanosPerSecond) {
    throw invalidField(field, "must be a time of the years 1 to 9999");
  }
  return timestampMs(timestamp);
}

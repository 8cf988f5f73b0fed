import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";

/** A measured time, which has fractions of a millisecond, as whole microseconds on the wire. */
export function latencyDuration(latencyMs: number): Duration {
  const microseconds = Math.round(latencyMs * 1_000);
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(microseconds / 1_000_000)),
    nanos: (microseconds % 1_000_000) * 1_000,
  });
}

import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** A time of the ledger on the wire. As a literal, like all of an answer: `create` walks the schema. */
export function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1_000);
  return {
    $typeName: "google.protobuf.Timestamp",
    seconds: BigInt(seconds),
    nanos: (ms - seconds * 1_000) * 1_000_000,
  };
}

/** The ledger has times in whole milliseconds: those before a time are those before the next whole one. */
export function firstMsNotBefore({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000 + Math.ceil(nanos / 1_000_000);
}

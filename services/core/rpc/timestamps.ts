import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** The ledger has times in whole milliseconds: those before a time are those before the next whole one. */
export function firstMsNotBefore({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000 + Math.ceil(nanos / 1_000_000);
}

/** How the Redis of a benchmark writes its append-only file to the disk. */
export type AppendSync = (typeof appendSyncs)[number];

const appendSyncs = ["always", "everysec"] as const;

/** What BENCH_APPENDFSYNC says; unless it does, as in production: before each answer. */
export function chosenAppendSync(): AppendSync {
  const given = process.env.BENCH_APPENDFSYNC || "always";
  const known = appendSyncs.find((each) => each === given);
  if (known === undefined) throw new RangeError(`BENCH_APPENDFSYNC: ${appendSyncs.join(" or ")}`);
  return known;
}

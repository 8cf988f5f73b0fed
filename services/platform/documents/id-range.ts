/** No UTF-8 text has this byte, so that it lies after everything that begins with a prefix. */
const afterAnyText = Buffer.from([0xff]);

/** Bounds for ZRANGE BYLEX: ids that begin with `prefix` and come after `afterId` (empty: from the first on). */
export function idRange(prefix: string, afterId: string): [lowest: Buffer, highest: Buffer] {
  const prefixBytes = Buffer.from(prefix);
  const afterBytes = Buffer.from(afterId);
  const lowest =
    afterBytes.length > 0 && Buffer.compare(afterBytes, prefixBytes) >= 0
      ? Buffer.concat([Buffer.from("("), afterBytes])
      : Buffer.concat([Buffer.from("["), prefixBytes]);
  return [lowest, Buffer.concat([Buffer.from("("), prefixBytes, afterAnyText])];
}

/**
 * Hash tags of the buckets. Chosen so that their slots spread evenly over the primaries of a cluster with
 * evenly divided slots: 85, 86 and 85 on three (`b0` … `b255` would give 80, 83 and 93).
 *
 * Part of the layout: a changed or moved tag orphans its accounts.
 */
export const bucketTags: readonly string[] = (
  "cv 14 6y 10 6u 7o 6q 18 6l 7v 6h 7r 6d bu 9a 7z 4n 5t 29 5p 25 ov 21 5x 3 36 7 32 4w 5m 4s 5i 1p " +
  "69 1t c6 1x 61 dw 65 1a ep 1e et 1i ex 1m 1dp 3c f 3g b 3k n 3o j 3r w 3v s 3z 43 fu 2d cw 15 6x " +
  "11 6t 7n 6p 19 6m 7w 6i 7s 6e bt 6a 8z 4o 5u 28 5q 24 ow 20 5y 2 37 6 33 4v 5l 4r 5h 1q 68 1u c7 " +
  "1y 60 dv 64 73 eq 1d eu 1h ey 1l 11z 3b g 3f c 3j o 3n k 3s v 3w r fp 2a ft z 16 ct 12 9z 7m 6w " +
  "7i 6s 7t 6n 7p 6j bw 6f 7x 6b 5v 4l 5r 4h ot 27 5z 23 34 1 30 5 5o 9 38 4q c0 1r c4 1v 63 1z 67 " +
  "du er 1c ev 1g ez 1k 11y 1o d 3a gt 3e l 3i h 3m u 3p q 3t 2b 3x y fw 17 cu 13 6z 7l 6v 7h 6r 7u " +
  "6o 7q 6k bv 6g 7y 6c 5w 4m 5s 4i ou 26 oq 22 35 0 31 4 5n 8 39 4p c1 1s c5 1w 62 dp 66 dt es 1b " +
  "ew 1f jz 1j 11x 1n e 53 a 3d m 3h i 3l t 3q p 3u 2c 3y x fv"
).split(" ");

/** Number of buckets; fixed for the life of a database. */
export const bucketCount = 256;

/** Name of the hash below, as genesis records it. */
export const bucketHashName = "fnv1a32-xorfold8";

/**
 * The bucket of an account: FNV-1a (32 bits) over the id's UTF-8 bytes, its four bytes folded by XOR to one.
 * Fixed for the life of a database.
 */
export function bucketOf(accountId: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(accountId, "utf8")) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff;
}

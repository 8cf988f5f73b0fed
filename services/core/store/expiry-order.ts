import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { bucketKeys } from "./keys.ts";

/** A place in the order of all expiries: time, then bucket, then the member's bytes. */
export interface ExpiryPlace {
  readonly expiresMs: number;
  readonly bucket: number;
  readonly member: string;
}

/** A member of a bucket's index. */
type IndexMember = Omit<ExpiryPlace, "bucket">;

/** Members read at once; few, since most buckets give little to a page. */
const firstChunk = 4;
const nextChunk = 64;

/**
 * All members of the expiry indexes after a place (undefined: from the beginning), soonest first. What comes and
 * goes meanwhile moves no other member.
 */
export async function* expiriesAfter(
  redis: Redis,
  place: ExpiryPlace | undefined,
): AsyncGenerator<ExpiryPlace> {
  const heads = await Promise.all(
    Array.from({ length: bucketCount }, async (_, bucket) => {
      const members = membersAfter(redis, bucket, place);
      return { bucket, members, head: (await members.next()).value as IndexMember | undefined };
    }),
  );
  for (;;) {
    const first = heads.reduce((best, each) =>
      each.head !== undefined && (best.head === undefined || each.head.expiresMs < best.head.expiresMs)
        ? each
        : best,
    );
    if (first.head === undefined) return;
    yield { ...first.head, bucket: first.bucket };
    first.head = (await first.members.next()).value as IndexMember | undefined;
  }
}

/** Where a bucket is read from: after a time, and of the members at that time after one of them. */
interface BucketPlace {
  readonly expiresMs: number;
  /** Undefined means that none of that time is left. */
  readonly member: string | undefined;
}

async function* membersAfter(
  redis: Redis,
  bucket: number,
  place: ExpiryPlace | undefined,
): AsyncGenerator<IndexMember, undefined> {
  let after = placeIn(bucket, place);
  for (let chunk = firstChunk; ; chunk = nextChunk) {
    const found = await readAfter(redis, bucket, after, chunk);
    yield* found;
    const last = found.at(-1);
    if (last === undefined) return undefined;
    after = last;
  }
}

function placeIn(bucket: number, place: ExpiryPlace | undefined): BucketPlace {
  if (place === undefined) return { expiresMs: 0, member: "" };
  const { expiresMs } = place;
  if (bucket === place.bucket) return { expiresMs, member: place.member };
  return { expiresMs, member: bucket > place.bucket ? "" : undefined };
}

async function readAfter(
  redis: Redis,
  bucket: number,
  { expiresMs: fromMs, member: last }: BucketPlace,
  chunk: number,
): Promise<IndexMember[]> {
  const { expiryIndex } = bucketKeys(bucket);
  for (let skipped = 0; ; skipped += chunk) {
    const range = [String(fromMs), "+inf", "BYSCORE", "LIMIT", String(skipped), String(chunk)];
    const command = ["ZRANGE", expiryIndex, ...range, "WITHSCORES"];
    const reply = await redis.command<[member: string, score: number][]>(expiryIndex, command);
    const found = reply
      .map(([member, score]) => ({ member, expiresMs: Number(score) }))
      .filter(({ member, expiresMs }) => expiresMs > fromMs || (last !== undefined && member > last));
    if (found.length > 0 || reply.length < chunk) return found;
  }
}

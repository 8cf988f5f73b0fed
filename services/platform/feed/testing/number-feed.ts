/** Feeds of numbers, each with its own key. */
import { after, afterEach, before } from "node:test";
import { connectRedis, type Redis } from "../../redis/redis.ts";
import { startRedis, type TestRedis } from "../../testing/redis-server.ts";
import { type FeedOptions, type FeedReader, followFeed } from "../follow-feed.ts";

export const patientMs = 60_000;
export let server: TestRedis;
export let redis: Redis;
before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "publisher", onError: () => {} });
});
after(async () => {
  await redis?.close();
  await server?.stop();
});

const readers: FeedReader[] = [];
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.stop()));
});

let keys = 0;
export const newKey = () => `{test}:feed:${++keys}`;

/** Follows a feed of numbers: what was published before a reload counts as seen by it. */
export function follow(key: string, options: Partial<FeedOptions> = {}) {
  const seen: string[] = [];
  const errors: unknown[] = [];
  let reloads = 0;
  const reader = followFeed({
    redis,
    key,
    apply: async (changes) => void seen.push(...changes.map(({ data }) => data)),
    onError: (error) => errors.push(error),
    ...options,
    reload: async (signal) => {
      reloads++;
      await options.reload?.(signal);
    },
  });
  readers.push(reader);
  return { ...reader, seen, errors, reloads: () => reloads };
}

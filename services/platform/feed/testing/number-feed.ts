/** Feeds of numbers, each with its own key. */
import { afterEach } from "node:test";
import { redis } from "../../testing/shared-redis.ts";
import { type FeedOptions, type FeedReader, followFeed } from "../follow-feed.ts";

export const patientMs = 60_000;

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

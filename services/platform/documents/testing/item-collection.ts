/** Collections of small documents for tests, each empty and with a feed of its own. */

import { redis } from "../../testing/shared-redis.ts";
import type { DocumentCodec } from "../document.ts";
import { type CollectionOptions, DocumentCollection, type DocumentPage } from "../document-collection.ts";

interface Item {
  readonly text: string;
}
const codec: DocumentCodec<Item> = {
  encode: ({ text }) => JSON.stringify({ text }),
  decode: (json) => {
    const { text } = JSON.parse(json);
    if (typeof text !== "string") throw new TypeError("no text");
    return { text };
  },
};

let collections = 0;
/** An empty collection; with its own tag, so that its feed tells of it alone. */
export function newCollection(options: Partial<CollectionOptions<Item>> = {}) {
  const tag = `test${++collections}`;
  return Object.assign(new DocumentCollection({ redis, tag, name: "items", codec, ...options }), {
    key: (part: string) => `{${tag}}:documents:items:${part}`,
  });
}

export const item = (text: string): Item => ({ text });
export const textsOf = ({ documents }: Pick<DocumentPage<Item>, "documents">) =>
  documents.map(({ id, value }) => `${id}=${value.text}`);

/** Everything that a tag has in Redis: equal if nothing changed. */
export async function dump(items: { key(part: string): string }): Promise<string> {
  const pattern = `${items.key("").split(":")[0]}:*`;
  const keys = (await redis.command<string[]>("", ["KEYS", pattern])).sort();
  return JSON.stringify(
    await Promise.all(
      keys.map(async (key) => [
        key,
        Buffer.from(await redis.command<string>(key, ["DUMP", key])).toString("hex"),
      ]),
    ),
  );
}

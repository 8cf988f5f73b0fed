import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommonError } from "../errors/common-error.ts";
import type { Redis, RedisArgument } from "../redis/redis.ts";
import { waitUntil } from "../testing/eventually.ts";
import { redis, server } from "../testing/shared-redis.ts";
import { DocumentCollection, type DocumentWrite } from "./document-collection.ts";
import { documentLimits } from "./limits.ts";

const codec = {
  encode: (value: unknown) => JSON.stringify(value),
  decode: (text: string) => JSON.parse(text),
};
let collections = 0;
const newCollection = (over: Redis = redis, tag = `bulk${++collections}`) =>
  new DocumentCollection<unknown>({ redis: over, tag, name: "items", codec });

/** A write of `count` documents of about 1.2 KB, on top of a version. */
function large(count: number, expectedVersion: number, text: string): DocumentWrite<unknown>[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `provider/model-${index}`,
    expectedVersion,
    value: { text, padding: "x".repeat(1_200) },
  }));
}

async function contentOf(items: DocumentCollection<unknown>): Promise<{ count: number; texts: string[] }> {
  const { documents } = await items.readAll();
  const texts = new Set(documents.map(({ value }) => (value as { text: string }).text));
  return { count: documents.length, texts: [...texts] };
}

const stagedKeys = () => redis.command<string[]>("", ["KEYS", "*:staged:*"]);

test("thousands of documents become visible as one revision, to readers who page meanwhile too", async () => {
  const items = newCollection();
  const outcomes = await items.write(large(3_000, 0, "first"));
  assert.equal(outcomes.length, 3_000);
  assert.deepEqual(outcomes[2_999], { ...outcomes[0], id: "provider/model-2999" });
  assert.ok(outcomes.every(({ version, changed, revision }) => version === 1 && changed && revision === 1));

  const seen: string[] = [];
  let written = false;
  const reading = (async () => {
    while (!written) {
      const { count, texts } = await contentOf(items);
      assert.equal(count, 3_000);
      seen.push(texts.join("+"));
    }
  })();
  await items.write([
    ...large(2_999, 1, "second"),
    { id: "provider/model-2999", expectedVersion: 1, value: { text: "second" } },
  ]);
  written = true;
  await reading;
  assert.deepEqual(await contentOf(items), { count: 3_000, texts: ["second"] });
  assert.ok(
    seen.every((texts) => texts === "first" || texts === "second"),
    seen.join(", "),
  );
  assert.deepEqual(await stagedKeys(), []);
});

test("one mismatch in a large write refuses all of it and leaves nothing", async () => {
  const items = newCollection();
  await items.put("provider/model-77", { text: "other" }, 0);
  await items.put("provider/model-78", { text: "other" }, 0);
  await assert.rejects(items.write(large(1_000, 0, "first")), ({ reason, metadata }: CommonError) => {
    assert.equal(reason, "VERSION_MISMATCH");
    // Parts come back in no order, so either may be named.
    assert.match(metadata.document_id ?? "", /^provider\/model-7[78]$/);
    assert.deepEqual([metadata.current_version, metadata.mismatches], ["1", "2"]);
    return true;
  });
  assert.deepEqual(await contentOf(items), { count: 2, texts: ["other"] });
});

/** A connection that dies at the n-th script, before Redis gets it or before its reply comes. */
function dyingAt(callNumber: number, when: "before" | "after"): Redis {
  let calls = 0;
  return {
    ...redis,
    command: async <T>(key: string, args: readonly RedisArgument[]): Promise<T> => {
      if (++calls < callNumber) return redis.command<T>(key, args);
      if (calls === callNumber && when === "after") await redis.command(key, args);
      throw new Error("killed");
    },
  };
}

for (const when of ["before", "after"] as const) {
  test(`killed ${when} any of its steps, a large write shows as a whole or not at all, and can be repeated`, async () => {
    // 900 documents are 5 parts and the step that takes them over.
    // Loads the scripts, so that each step is one command.
    await newCollection().write(large(900, 0, "x"));
    for (let step = 1; step <= 6; step++) {
      const tag = `killed-${when}-${step}`;
      const items = newCollection(redis, tag);
      await items.write(large(900, 0, "old"));
      await assert.rejects(newCollection(dyingAt(step, when), tag).write(large(900, 1, "new")), /killed/);
      const taken = step === 6 && when === "after";
      assert.deepEqual(
        await contentOf(items),
        { count: 900, texts: [taken ? "new" : "old"] },
        `step ${step}`,
      );
      for (const key of await stagedKeys()) {
        const leftMs = await redis.command<number>(key, ["PTTL", key]);
        assert.ok(leftMs > 0 && leftMs <= documentLimits.stagedMs);
        await redis.command(key, ["DEL", key]);
      }
      const outcomes = await items.write(large(900, 1, "new"));
      assert.ok(outcomes.every(({ version, changed }) => version === 2 && changed === !taken));
      assert.deepEqual(await contentOf(items), { count: 900, texts: ["new"] });
    }
  });
}

test("a server killed in the midst of large writes has each of them whole or not at all", async () => {
  const items = newCollection();
  await items.write(large(1_000, 0, "0"));
  let acknowledged = 0;
  const writing = (async () => {
    for (let round = 1; ; round++) {
      await items.write(large(1_000, round, String(round)));
      acknowledged = round;
    }
  })();
  const broken = assert.rejects(writing, { reason: "STORE_UNAVAILABLE" });
  await waitUntil("some writes are done", () => acknowledged >= 3);
  await server.kill();
  await broken;
  await server.restart();
  await waitUntil("Redis answers", () =>
    redis.ping().then(
      () => true,
      () => false,
    ),
  );
  const { count, texts } = await contentOf(items);
  assert.equal(count, 1_000);
  assert.equal(texts.length, 1);
  assert.ok([acknowledged, acknowledged + 1].includes(Number(texts[0])), `${texts} after ${acknowledged}`);
});

test("archiving may be part of it, and what is there already is left alone", async () => {
  const items = newCollection();
  await items.write(large(10, 0, "first"));
  const outcomes = await items.write([
    ...large(5, 1, "first"),
    { id: "provider/model-5", expectedVersion: 1, archive: true },
    { id: "provider/model-6", expectedVersion: 1, value: { text: "changed" } },
    { id: "new", expectedVersion: 0, value: { text: "new" } },
  ]);
  assert.deepEqual(
    outcomes.map(({ version, changed, revision }) => [version, changed, revision]),
    [...Array(5).fill([1, false, 1]), [2, true, 2], [2, true, 2], [1, true, 2]],
  );
});

const refusals: ReadonlyArray<[what: string, writes: () => DocumentWrite<unknown>[], error: object]> = [
  ["too many documents", () => large(10_001, 0, "x"), { reason: "REQUEST_TOO_LARGE" }],
  [
    "too many bytes",
    () => large(600, 0, "x").map((write) => ({ ...write, value: "x".repeat(60_000) })),
    { reason: "REQUEST_TOO_LARGE" },
  ],
  ["a document twice", () => [...large(1, 0, "x"), ...large(1, 1, "y")], { name: "RangeError" }],
  ["a negative version", () => large(1, -1, "x"), { name: "RangeError" }],
  ["archiving nothing", () => [{ id: "a", expectedVersion: 0, archive: true }], { name: "RangeError" }],
];
for (const [what, writes, error] of refusals) {
  test(`refused before anything is sent: ${what}`, async () => {
    const silent: Redis = { ...redis, command: () => assert.fail("nothing is sent") };
    await assert.rejects(newCollection(silent).write(writes()), error);
  });
}

test("no writes are no write", async () => {
  assert.deepEqual(await newCollection().write([]), []);
});

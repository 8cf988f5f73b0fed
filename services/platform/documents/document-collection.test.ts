import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { CommonError } from "../errors/common-error.ts";
import { readFeedPosition } from "../feed/feed.ts";
import { redis, server } from "../testing/shared-redis.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import { dump, item, newCollection, textsOf } from "./testing/item-collection.ts";

function mismatch(metadata: Readonly<Record<string, string>>) {
  return (error: CommonError) => {
    assert.equal(error.reason, "VERSION_MISMATCH");
    assert.deepEqual({ ...error.metadata, ...metadata }, error.metadata);
    return true;
  };
}

describe("a document", () => {
  test("is created once, changed by who knows its version, and keeps every version", async () => {
    const items = newCollection();
    const created = await items.put("a", item("one"), 0);
    assert.deepEqual(
      { ...created, writtenAtMs: 0 },
      {
        id: "a",
        version: 1,
        revision: 1,
        writtenAtMs: 0,
        archived: false,
        value: item("one"),
      },
    );
    assert.ok(Math.abs(created.writtenAtMs - Date.now()) < 60_000);
    const changed = await items.put("a", item("two"), 1);
    assert.equal(changed.version, 2);
    assert.deepEqual(await items.get("a"), changed);
    assert.deepEqual(await items.get("a", 1), created);
    for (const version of [0, 3, -1, 1.5, Number.NaN]) assert.equal(await items.get("a", version), undefined);
    assert.equal(await items.get("b"), undefined);
    assert.deepEqual(await items.getMany(["b", "a"]), [undefined, changed]);
  });

  const refusals: ReadonlyArray<[what: string, expectedVersion: number, metadata: Record<string, string>]> = [
    ["created, and exists", 0, { current_version: "2", archived: "false" }],
    ["changed at an old version", 1, { current_version: "2" }],
    ["changed at a version to come", 3, { current_version: "2" }],
  ];
  for (const [what, expectedVersion, metadata] of refusals) {
    test(`that is ${what}, is not touched`, async () => {
      const items = newCollection();
      await items.put("a", item("one"), 0);
      await items.put("a", item("two"), 1);
      const before = await dump(items);
      await assert.rejects(items.put("a", item("other"), expectedVersion), mismatch(metadata));
      assert.equal(await dump(items), before);
    });
  }

  test("that does not exist can't be changed or archived", async () => {
    const items = newCollection();
    const expected = mismatch({ document_id: "a", current_version: "0", mismatches: "1" });
    await assert.rejects(items.put("a", item("one"), 1), expected);
    await assert.rejects(items.archive("a", 1), expected);
    assert.equal(await dump(items), "[]");
  });

  test("is written once when a write is repeated; the repeat answers with what is there", async () => {
    const items = newCollection();
    for (const expectedVersion of [0, 1]) {
      const first = await items.put("a", item(`after ${expectedVersion}`), expectedVersion);
      const before = await dump(items);
      assert.deepEqual(await items.put("a", item(`after ${expectedVersion}`), expectedVersion), first);
      assert.deepEqual(await items.put("a", item(`after ${expectedVersion}`), expectedVersion + 1), first);
      assert.equal(await dump(items), before);
    }
    const archived = await items.archive("a", 2);
    assert.equal(archived.changed, true);
    assert.deepEqual(await items.archive("a", 2), { ...archived, changed: false });
  });

  test("that is archived can be read, is listed only on demand, and is revived by a put, not by a create", async () => {
    const items = newCollection();
    await items.put("a", item("one"), 0);
    await items.archive("a", 1);
    assert.deepEqual(textsOf(await items.list()), []);
    assert.deepEqual(textsOf(await items.list({ includeArchived: true })), ["a=one"]);
    const archived = await items.get("a");
    assert.deepEqual([archived?.archived, archived?.version, archived?.value], [true, 2, item("one")]);
    await assert.rejects(
      items.put("a", item("one"), 0),
      mismatch({ current_version: "2", archived: "true" }),
    );
    assert.equal((await items.put("a", item("one"), 2)).version, 3);
    assert.deepEqual(textsOf(await items.list()), ["a=one"]);
  });

  test("changed by many at once is changed once for each version", async () => {
    const items = newCollection();
    await items.put("a", item("begun"), 0);
    const writers = Array.from({ length: 12 }, (_, index) => `writer${index}`);
    const putAt1 = (writer: string) =>
      items.put("a", item(writer), 1).then(
        () => "written",
        (error: CommonError) => error.reason,
      );
    const outcomes = await Promise.all(writers.map(putAt1));
    assert.deepEqual(outcomes.toSorted(), [...Array(11).fill("VERSION_MISMATCH"), "written"]);

    await items.put("a", item("begun"), 2);
    const append = async (writer: string): Promise<void> => {
      for (;;) {
        const now = await items.get("a");
        try {
          await items.put("a", item(`${now?.value.text} ${writer}`), now?.version ?? 0);
          return;
        } catch (error) {
          if ((error as CommonError).reason !== "VERSION_MISMATCH") throw error;
        }
      }
    };
    await Promise.all(writers.map(append));
    const end = await items.get("a");
    assert.equal(end?.version, 3 + writers.length);
    assert.deepEqual(end?.value.text.split(" ").toSorted(), ["begun", ...writers].toSorted());
  });

  test("shows its history newest first, in pages that new versions don't shift", async () => {
    const items = newCollection();
    for (let version = 0; version < 10; version++) await items.put("a", item(`v${version + 1}`), version);
    const versionsOf = async (limit: number, before?: number) =>
      (await items.history("a", limit, before)).map(({ version, value }) => `${version} ${value.text}`);
    assert.deepEqual(await versionsOf(3), ["10 v10", "9 v9", "8 v8"]);
    await items.put("a", item("v11"), 10);
    assert.deepEqual(await versionsOf(3, 8), ["7 v7", "6 v6", "5 v5"]);
    assert.deepEqual(await versionsOf(1000, 3), ["2 v2", "1 v1"]);
    assert.deepEqual(await versionsOf(10, 1), []);
    assert.deepEqual(await items.history("unknown", 10), []);
  });

  test("keeps a version's number and time when what it says is taken out, and nothing else changes", async () => {
    const items = newCollection();
    const created = await items.put("a", item("secret"), 0);
    const changed = await items.put("a", item("two"), 1);
    const position = await readFeedPosition(redis, items.feedKey);
    assert.equal(await items.redact("a", 1, item("taken out")), true);
    assert.equal(await items.redact("a", 1, item("taken out")), true);
    assert.deepEqual(await items.history("a", 10), [changed, { ...created, value: item("taken out") }]);
    assert.ok(!(await dump(items)).includes(Buffer.from("secret").toString("hex")));
    assert.equal(await readFeedPosition(redis, items.feedKey), position);
    for (const version of [0, 3, -1]) assert.equal(await items.redact("a", version, item("x")), false);
    assert.equal(await items.redact("b", 1, item("x")), false);
    assert.deepEqual(await items.get("a"), changed);
  });

  test("of any text and id comes back as it was", async () => {
    const items = newCollection();
    const ids = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
      .filter((id) => !/\p{Cc}/u.test(id));
    await fc.assert(
      fc.asyncProperty(ids, fc.string({ unit: "binary" }), async (id, text) => {
        const version = (await items.get(id))?.version ?? 0;
        await items.put(id, item(text), version);
        assert.deepEqual((await items.get(id))?.value, item(text));
        const { documents } = await items.list({ prefix: id });
        assert.ok(documents.some((document) => document.id === id));
      }),
      { numRuns: 60 },
    );
  });
});

describe("what a collection refuses, changing nothing", () => {
  const ids: ReadonlyArray<[what: string, id: string]> = [
    ["empty", ""],
    ["256 bytes long", "ü".repeat(128)],
    ["with a line feed", "a\nb"],
    ["with NUL", "a\0"],
    ["of broken Unicode", "\ud800"],
  ];
  for (const [what, id] of ids) {
    test(`an id that is ${what}`, async () => {
      const items = newCollection();
      await assert.rejects(items.put(id, item("x"), 0), { reason: "REQUEST_INVALID" });
      assert.equal(await dump(items), "[]");
    });
  }

  test("a text beyond the limit, counted in bytes", async () => {
    const items = newCollection({ documentBytes: 20 });
    await items.put("a", item("x".repeat(20 - '{"text":""}'.length)), 0);
    await assert.rejects(items.put("b", item("ü".repeat(5)), 0), { reason: "REQUEST_TOO_LARGE" });
    assert.equal(await items.get("b"), undefined);
  });

  const wrong: ReadonlyArray<[what: string, part: string]> = [
    ["heads", "heads"],
    ["versions", "versions"],
    ["ids", "ids"],
    ["revision", "revision"],
  ];
  for (const [what, part] of wrong) {
    test(`a write where the key of ${what} is of another type`, async () => {
      const items = newCollection();
      await redis.command(items.key(part), ["RPUSH", items.key(part), "x"]);
      const before = await dump(items);
      await assert.rejects(items.put("a", item("x"), 0), /WRONGTYPE/);
      await assert.rejects(
        items.write([
          { id: "a", expectedVersion: 0, value: item("x") },
          { id: "b", expectedVersion: 0, value: item("x") },
        ]),
        /WRONGTYPE/,
      );
      assert.equal(await dump(items), before);
    });
  }

  test("a write where the feed is of another type", async () => {
    const items = newCollection();
    await redis.command(items.feedKey, ["SET", items.feedKey, "text"]);
    const before = await dump(items);
    await assert.rejects(items.put("a", item("x"), 0), /WRONGTYPE/);
    assert.equal(await dump(items), before);
  });

  for (const forbidden of ["hset", "zadd", "set", "xadd"]) {
    test(`a write by a user who may not ${forbidden}`, async () => {
      await redis.command("", [
        "ACL",
        "SETUSER",
        "restricted",
        "reset",
        "on",
        ">secret",
        "~*",
        "+@all",
        `-${forbidden}`,
      ]);
      const url = server.url.replace("//", "//restricted:secret@");
      const restricted = await connectTestRedis(url, { name: "restricted" });
      try {
        const items = newCollection({ redis: restricted });
        await assert.rejects(items.put("a", item("x"), 0), /NOPERM/);
        assert.equal(await dump(items), "[]");
      } finally {
        await restricted.close();
      }
    });
  }

  test("a write when memory is full", async () => {
    const items = newCollection();
    await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory", "1"]);
    try {
      await assert.rejects(items.put("a", item("x"), 0), { reason: "STORE_UNAVAILABLE" });
    } finally {
      await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory", "100mb"]);
    }
    assert.equal(await dump(items), "[]");
  });

  for (const name of ["", "Items", "a:b", "{a}", "x".repeat(65)]) {
    test(`the name "${name.slice(0, 10)}"`, () => assert.throws(() => newCollection({ name }), RangeError));
  }
});

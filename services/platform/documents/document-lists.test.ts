import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readChanges, readFeedPosition } from "../feed/feed.ts";
import { redis } from "../testing/shared-redis.ts";
import { readDocumentChange } from "./document-change.ts";
import { dump, item, newCollection, textsOf } from "./testing/item-collection.ts";

describe("a version that can't be read", () => {
  test("is named, and the others are listed all the same", async () => {
    const items = newCollection();
    for (const id of ["a", "b", "c"]) await items.put(id, item(id), 0);
    await redis.command(items.key("versions"), ["HSET", items.key("versions"), "1:b", '1 1 L {"text":7}']);
    const page = await items.list();
    assert.deepEqual(textsOf(page), ["a=a", "c=c"]);
    assert.deepEqual(
      page.unreadable.map(({ id, version }) => [id, version]),
      [["b", 1]],
    );
    await assert.rejects(items.get("b"), { name: "DocumentUnreadable", id: "b", version: 1 });
    assert.equal((await items.put("b", item("mended"), 1)).version, 2);
    assert.equal((await items.list()).unreadable.length, 0);
  });

  test("because its record is gone is an error, also for a write, which changes nothing", async () => {
    const items = newCollection();
    await items.put("a", item("one"), 0);
    await redis.command(items.key("versions"), ["HSET", items.key("versions"), "1:a", "nonsense"]);
    const before = await dump(items);
    await assert.rejects(items.put("a", item("two"), 1), /DOCUMENT_CORRUPT/);
    assert.equal(await dump(items), before);
  });
});

describe("a list", () => {
  test("goes by prefix and in the order of bytes", async () => {
    const items = newCollection();
    const ids = ["b", "a/2", "a/10", "a/é", "a/z", "a", "a0", "B", "a/\u{1f600}", "a/\u{ff5e}"];
    await items.write(ids.map((id) => ({ id, expectedVersion: 0, value: item("x") })));
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    for (const prefix of ["", "a", "a/", "a/é", "B", "c"]) {
      const { documents } = await items.list({ prefix });
      assert.deepEqual(
        documents.map(({ id }) => id),
        ids.filter((id) => id.startsWith(prefix)).sort(byBytes),
        prefix,
      );
    }
    const { documents } = await items.list({ prefix: "a/", afterId: "a" });
    assert.equal(documents[0]?.id, "a/10");
  });

  test("shows one revision on all its pages, whatever is written meanwhile", async () => {
    const items = newCollection();
    const many = Array.from({ length: 25 }, (_, index) => `id${String(index).padStart(2, "0")}`);
    await items.write(many.map((id) => ({ id, expectedVersion: 0, value: item("old") })));
    await items.archive("id03", 1);
    const expected = many.filter((id) => id !== "id03").map((id) => `${id}=old`);

    let page = await items.list({ limit: 4 });
    const { revision } = page;
    const seen = textsOf(page);
    for (let round = 0; page.nextAfterId !== undefined; round++) {
      await items.put(`id${String(round * 3).padStart(2, "0")}x`, item("new"), 0);
      for (const id of ["id23", "id24"]) {
        const now = await items.get(id);
        await items.put(id, item(`new ${round}`), now?.version ?? 0);
      }
      if (round === 0) await items.archive("id20", 1);
      if (round === 1) await items.put("id03", item("new"), 2);
      page = await items.list({ limit: 4, afterId: page.nextAfterId, atRevision: revision });
      assert.ok(page.documents.length <= 4);
      assert.equal(page.revision, revision);
      seen.push(...textsOf(page));
    }
    assert.deepEqual(seen, expected);
    assert.deepEqual(
      textsOf(await items.list({ atRevision: 1 })),
      many.map((id) => `${id}=old`),
    );
    assert.deepEqual(textsOf(await items.list({ atRevision: 0 })), []);
    const now = textsOf(await items.list());
    assert.ok(now.includes("id03=new") && !now.includes("id20=old"));
  });

  test("finds the version of any revision", async () => {
    const items = newCollection();
    const written: string[][] = [[]];
    const versions = { a: 0, b: 0 };
    for (let revision = 1; revision <= 40; revision++) {
      const id = revision % 7 === 0 ? "b" : "a";
      await items.put(id, item(`r${revision}`), versions[id]++);
      const others = written.at(-1)!.filter((text) => !text.startsWith(id));
      written.push([...others, `${id}=r${revision}`].sort());
    }
    for (const [revision, texts] of written.entries())
      assert.deepEqual(textsOf(await items.list({ atRevision: revision })), texts, `${revision}`);
  });

  for (const limit of [0, 1_001, 1.5, Number.NaN]) {
    test(`refuses a limit of ${limit}`, () => assert.rejects(newCollection().list({ limit }), RangeError));
  }
});

describe("the feed", () => {
  test("tells of each write in its order, and of nothing else", async () => {
    const items = newCollection();
    const start = await readFeedPosition(redis, items.feedKey);
    await items.put("a", item("one"), 0);
    await items.put("a", item("one"), 0);
    await assert.rejects(items.put("a", item("two"), 7));
    await items.archive("a", 1);
    await items.write(["b", "c"].map((id) => ({ id, expectedVersion: 0, value: item(id) })));
    await items.write(
      Array.from({ length: 30 }, (_, index) => ({ id: `d${index}`, expectedVersion: 0, value: item("x") })),
    );
    const changes = await readChanges(redis, items.feedKey, start, 1);
    assert.deepEqual(
      changes.map(({ data }) => readDocumentChange(data)),
      [
        { collection: "items", revision: 1, ids: ["a"] },
        { collection: "items", revision: 2, ids: ["a"] },
        { collection: "items", revision: 3, ids: ["b", "c"] },
        { collection: "items", revision: 4, ids: undefined },
      ],
    );
  });
});

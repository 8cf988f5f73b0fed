import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { AuditStore } from "../../store/audit-store.ts";
import { erasePersonalDataOf } from "./audit-erasure.ts";
import { createAuditKeys } from "./audit-keys.ts";
import { createAuditLog } from "./audit-log.ts";
import { type AuditFilter, exportAuditEntries, listAuditEntries } from "./audit-reader.ts";
import { type KnownEntry, verifyAuditLog } from "./audit-verifier.ts";

const [firstSecret, secondSecret] = [
  "Zr8Kq3Wn5Vb1Xm7Lp2Cs9Dt4Fy6Gh0Ju",
  "Hq5Tn8Bv2Xc7Zk4Md9Ws1Pf6Rg3Lj0Ay",
] as const;
const keys = createAuditKeys([firstSecret]);
const whole = { fromSequence: 0, toSequence: 0 };
const entriesKey = "{admin}:audit:entries:0";
const contentsKey = "{admin}:audit:contents:0";
const headKey = "{admin}:audit:head";

let server: TestRedis;
let redis: Redis;
let store: AuditStore;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  store = new AuditStore(redis);
});
beforeEach(async () => {
  await redis.command("", ["FLUSHALL"]);
});
after(async () => {
  await redis?.close();
  await server?.stop();
});

/** Entries 1 to `count`, one a second; each second one concerns "acme". */
async function fill(count: number, secrets: readonly [string, ...string[]] = [firstSecret]): Promise<void> {
  const { sequence } = await store.readHead();
  for (let index = sequence + 1; index <= sequence + count; index++) {
    const auditLog = createAuditLog({
      store,
      keys: createAuditKeys(secrets),
      onEntry: () => {},
      now: () => index * 1_000,
    });
    await auditLog.append(
      {
        actor: { type: "admin_key", subject: "Ada", keyId: "ak_1", tokenId: "" },
        action: `test.${index}`,
        targetType: "account",
        targetId: "acme",
        accountId: index % 2 === 0 ? "acme" : "other",
        before: { labels: { email: "boss@acme.example" }, state: "ACTIVE" },
        reason: "",
        requestId: `r-${index}`,
        address: "",
      },
      { result: "succeeded", errorReason: "", after: { number: index } },
    );
  }
}

const get = (key: string, field: number) => redis.command<string>(key, ["HGET", key, String(field)]);
const set = (key: string, field: number, text: string) =>
  redis.command(key, ["HSET", key, String(field), text]);
const verify = (known?: KnownEntry) => verifyAuditLog({ store, keys }, whole, known);

describe("the verifier", () => {
  test("finds a log in order, whole or in parts", async () => {
    await fill(7);
    const { fault, checkedCount, lastCheckedSequence, nextSequence, head } = await verify();
    assert.deepEqual(
      [fault, checkedCount, lastCheckedSequence, nextSequence, head.sequence],
      [undefined, 7, 7, 0, 7],
    );
    const part = await verifyAuditLog({ store, keys }, { fromSequence: 3, toSequence: 6 }, undefined, 2);
    assert.deepEqual([part.fault, part.checkedCount, part.nextSequence], [undefined, 2, 5]);
  });

  test("finds an empty log in order", async () => {
    const { fault, checkedCount } = await verify();
    assert.deepEqual([fault, checkedCount], [undefined, 0]);
  });

  const forgeries: ReadonlyArray<
    [what: string, forge: () => Promise<unknown>, sequence: number, kind: string]
  > = [
    [
      "an altered actor",
      async () => set(entriesKey, 3, (await get(entriesKey, 3)).replace("Ada", "Eve")),
      3,
      "hmac_wrong",
    ],
    [
      "an altered HMAC",
      async () =>
        set(
          entriesKey,
          3,
          (await get(entriesKey, 3)).replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
        ),
      3,
      "hmac_wrong",
    ],
    ["an entry that is no JSON", () => set(entriesKey, 3, "x"), 3, "hmac_wrong"],
    ["a removed entry", () => redis.command(entriesKey, ["HDEL", entriesKey, "4"]), 4, "entry_missing"],
    ["a removed last entry", () => redis.command(entriesKey, ["HDEL", entriesKey, "6"]), 6, "entry_missing"],
    [
      "entries that changed places",
      async () => {
        const [two, five] = [await get(entriesKey, 2), await get(entriesKey, 5)];
        await set(entriesKey, 2, five);
        await set(entriesKey, 5, two);
      },
      2,
      "chain_broken",
    ],
    [
      "an entry that was put in place of another",
      async () => set(entriesKey, 5, await get(entriesKey, 4)),
      5,
      "chain_broken",
    ],
    [
      "a head that names something else",
      async () => redis.command(headKey, ["SET", headKey, `6 ${"a".repeat(64)} 6000`]),
      6,
      "chain_broken",
    ],
    [
      "an altered content",
      async () => set(contentsKey, 2, (await get(contentsKey, 2)).replace("boss@", "mole@")),
      2,
      "content_altered",
    ],
    ["a removed content", () => redis.command(contentsKey, ["HDEL", contentsKey, "2"]), 2, "content_altered"],
    [
      "a content that only says that it was erased",
      async () => set(contentsKey, 2, JSON.stringify({ before: "", after: "", erasedBy: 5 })),
      2,
      "content_altered",
    ],
  ];
  for (const [what, forge, sequence, kind] of forgeries) {
    test(`finds ${what}`, async () => {
      await fill(6);
      await forge();
      const { fault, nextSequence } = await verify();
      assert.deepEqual([fault?.sequence, fault?.kind, nextSequence], [sequence, kind, 0]);
    });
  }

  test("finds a log that somebody wrote anew, without the key, or cut off, by an entry that the caller knows", async () => {
    await fill(6);
    const { hmac } = await store.readHead();
    assert.equal((await verify({ sequence: 6, hmac })).fault, undefined);
    await redis.command("", ["FLUSHALL"]);
    await fill(4);
    assert.equal((await verify({ sequence: 6, hmac })).fault?.kind, "head_differs");
    await fill(2);
    assert.equal((await verify({ sequence: 6, hmac })).fault?.kind, "head_differs");
    await redis.command("", ["FLUSHALL"]);
    await fill(6, [secondSecret]);
    assert.equal((await verify()).fault?.kind, "key_unknown");
  });

  test("knows earlier keys while they are configured", async () => {
    await fill(3);
    await fill(3, [secondSecret, firstSecret]);
    const both = createAuditKeys([secondSecret, firstSecret]);
    assert.equal((await verifyAuditLog({ store, keys: both }, whole, undefined)).fault, undefined);
    const lost = createAuditKeys([secondSecret]);
    const { fault } = await verifyAuditLog({ store, keys: lost }, whole, undefined);
    assert.deepEqual([fault?.sequence, fault?.kind], [1, "key_unknown"]);
  });

  for (const [fromSequence, toSequence] of [
    [8, 0],
    [0, 8],
    [5, 4],
  ] as const) {
    test(`has no entries from ${fromSequence} to ${toSequence} in a log of 7`, async () => {
      await fill(7);
      await assert.rejects(verifyAuditLog({ store, keys }, { fromSequence, toSequence }, undefined), {
        reason: "AUDIT_SEQUENCE_NOT_FOUND",
      });
    });
  }
});

describe("an erasure", () => {
  test("takes personal data of one account out of the log, which stays in order and says so", async () => {
    await fill(6);
    const auditLog = createAuditLog({ store, keys, onEntry: () => {} });
    for (const expected of [3, 0])
      assert.equal(await erasePersonalDataOf({ store, auditLog }, "acme", "asked for by letter"), expected);
    assert.equal((await verify()).fault, undefined);
    const entries = (await listAuditEntries(store, any, 100, undefined)).entries;
    for (const { accountId, action, beforeJson, erasedBy } of entries) {
      if (action === "audit.erase") continue;
      assert.equal(beforeJson.includes("boss@"), accountId !== "acme", action);
      assert.equal(erasedBy, accountId === "acme" ? 7 : undefined);
    }
    const [last] = entries;
    assert.deepEqual(
      [last?.action, last?.reason, last?.accountId],
      ["audit.erase", "asked for by letter", "acme"],
    );
  });

  test("vouches for what it left: nothing else can be put there", async () => {
    await fill(2);
    const auditLog = createAuditLog({ store, keys, onEntry: () => {} });
    await erasePersonalDataOf({ store, auditLog }, "acme", "asked for");
    await set(contentsKey, 2, (await get(contentsKey, 2)).replace("ACTIVE", "CLOSED"));
    const { fault } = await verify();
    assert.deepEqual([fault?.sequence, fault?.kind], [2, "content_altered"]);
  });

  test("leaves nothing by which an erased value could be guessed", async () => {
    await fill(2);
    const [entry] = (await listAuditEntries(store, any, 1, undefined)).entries;
    assert.match(entry!.beforeJson, /"salt":"[A-Za-z0-9_-]{22}"/);
    const auditLog = createAuditLog({ store, keys, onEntry: () => {} });
    await erasePersonalDataOf({ store, auditLog }, "acme", "asked for");
    const erased = (await listAuditEntries(store, any, 3, undefined)).entries.find(
      ({ sequence }) => sequence === 2,
    );
    assert.equal(erased?.beforeJson, '{"labels":{"email":"[erased]"},"state":"ACTIVE"}');
  });
});

const any: AuditFilter = {
  actorKeyId: "",
  actorSubject: "",
  actionPrefix: "",
  targetType: "",
  targetId: "",
  accountId: "",
  result: undefined,
  requestId: "",
  startMs: undefined,
  endMs: undefined,
};

describe("a list of entries", () => {
  const cases: ReadonlyArray<[what: string, filter: Partial<AuditFilter>, expected: readonly number[]]> = [
    ["everything", {}, [6, 5, 4, 3, 2, 1]],
    ["one account", { accountId: "acme" }, [6, 4, 2]],
    ["one action", { actionPrefix: "test.3" }, [3]],
    ["one request", { requestId: "r-5" }, [5]],
    ["another key", { actorKeyId: "ak_2" }, []],
    ["a result that none has", { result: "refused" }, []],
    ["from a time on", { startMs: 4_000 }, [6, 5, 4]],
    ["before a time", { endMs: 4_000 }, [3, 2, 1]],
    ["between two times", { startMs: 2_000, endMs: 5_000 }, [4, 3, 2]],
    ["before the first", { endMs: 1_000 }, []],
  ];
  for (const [what, filter, expected] of cases) {
    test(`shows ${what}, newest first, page by page`, async () => {
      await fill(6);
      const found: number[] = [];
      let from: number | undefined;
      do {
        const page = await listAuditEntries(store, { ...any, ...filter }, 2, from);
        found.push(...page.entries.map(({ sequence }) => sequence));
        from = page.before;
      } while (from !== undefined);
      assert.deepEqual(found, expected);
    });
  }

  test("can be exported in its order, in groups", async () => {
    await fill(250);
    const groups: number[][] = [];
    const asked = { fromSequence: 2, toSequence: 0, accountId: "", startMs: undefined, endMs: 240_000 };
    for await (const group of exportAuditEntries(store, asked, await store.readHead()))
      groups.push(group.map(({ sequence }) => sequence));
    assert.deepEqual(
      groups.map(({ length }) => length),
      [100, 100, 38],
    );
    assert.deepEqual(
      groups.flat(),
      Array.from({ length: 238 }, (_, index) => index + 2),
    );
  });
});

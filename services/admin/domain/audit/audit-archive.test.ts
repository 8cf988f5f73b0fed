import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { AuditStore } from "../../store/audit-store.ts";
import { archiveEntries, verifyArchive } from "./audit-archive.ts";
import { erasePersonalDataOf } from "./audit-erasure.ts";
import { createAuditKeys } from "./audit-keys.ts";
import { createAuditLog } from "./audit-log.ts";
import { exportAuditEntries, listAuditEntries } from "./audit-reader.ts";
import { verifyAuditLog } from "./audit-verifier.ts";

const keys = createAuditKeys(["Zr8Kq3Wn5Vb1Xm7Lp2Cs9Dt4Fy6Gh0Ju"]);
const whole = { fromSequence: 0, toSequence: 0 };
const cutKey = "{admin}:audit:cut";
/** Entries go by the thousand. */
const written = 1_005;

let server: TestRedis;
let redis: Redis;
let store: AuditStore;
let clockMs = 0;
let archived: string[] = [];

const log = () => createAuditLog({ store, keys, onEntry: () => {}, now: () => clockMs });
const linesOf = (lines: readonly string[]) =>
  async function* () {
    yield* lines;
  };

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  store = new AuditStore(redis);
  const auditLog = log();
  for (let index = 1; index <= written; index++) {
    clockMs = index * 1_000;
    const attempt = {
      actor: { type: "system", subject: "test", keyId: "", tokenId: "" },
      action: `test.${index}`,
      targetType: "account",
      targetId: "acme",
      accountId: index === 7 ? "erased" : "acme",
      before: { labels: { email: "boss@acme.example" } },
      reason: "",
      requestId: "",
      address: "",
    } as const;
    await auditLog.append(attempt, { result: "succeeded", errorReason: "" });
  }
  await erasePersonalDataOf({ store, auditLog }, "erased", "asked for by letter");
});

after(async () => {
  await redis?.close();
  await server?.stop();
});

/** Archives what is older than an entry; the lines come to `archived`. */
function archiveBefore(sequence: number) {
  const lines: string[] = [];
  return archiveEntries(
    { store, keys, auditLog: log() },
    sequence * 1_000,
    "by the calendar",
    async (given) => {
      for await (const line of given) lines.push(line);
      archived = lines;
      return "digest";
    },
  );
}

const faultOf = async (lines: readonly string[]) =>
  (await verifyArchive({ store, keys }, linesOf(lines))).fault?.kind;

test("less than a thousand older entries stay", async () => {
  assert.equal(await archiveBefore(1_000), undefined);
  assert.equal((await store.readCut()).sequence, 0);
});

test("an entry that is not as it was written is not archived away", async () => {
  const entriesKey = "{admin}:audit:entries:0";
  const sealed = await redis.command<string>(entriesKey, ["HGET", entriesKey, "500"]);
  await redis.command(entriesKey, ["HSET", entriesKey, "500", sealed.replace("test.500", "test.501")]);
  await assert.rejects(archiveBefore(1_004), /entry 500: hmac_wrong/);
  assert.equal((await store.readCut()).sequence, 0);
  await redis.command(entriesKey, ["HSET", entriesKey, "500", sealed]);
});

test("a file that cannot be written costs nothing", async () => {
  const failing = archiveEntries({ store, keys, auditLog: log() }, 1_004_000, "-", async () => {
    throw new Error("the disk is full");
  });
  await assert.rejects(failing, /the disk is full/);
  assert.equal((await verifyAuditLog({ store, keys }, whole, undefined)).checkedCount, written + 1);
});

test("older entries go into the archive, and the chain holds over the cut", async () => {
  const facts = await archiveBefore(1_004);
  assert.deepEqual([facts?.from_sequence, facts?.to_sequence], [1, 1_000]);
  const found = await verifyAuditLog({ store, keys }, whole, undefined);
  // Five that were left, the erasure and the archive itself.
  assert.deepEqual([found.fault, found.checkedCount, found.lastCheckedSequence], [undefined, 7, 1_007]);
  const { fault, head, lastHmac } = await verifyArchive({ store, keys }, linesOf(archived));
  assert.deepEqual([fault, head.fromSequence, head.toSequence], [undefined, 1, 1_000]);
  assert.equal(lastHmac, (await store.readCut()).hmac);
  assert.equal(lastHmac, facts?.hmac);
  assert.deepEqual((await store.read(1, 1))[0]?.sealed, undefined);
});

test("lists and exports begin after the cut, and what was archived is told so", async () => {
  const filter = { actorKeyId: "", actorSubject: "", actionPrefix: "", targetType: "", targetId: "" };
  const rest = { accountId: "", result: undefined, requestId: "", startMs: undefined, endMs: undefined };
  const page = await listAuditEntries(store, { ...filter, ...rest }, 100, undefined);
  assert.deepEqual([page.entries.length, page.before], [7, undefined]);
  const asked = { ...whole, accountId: "", startMs: undefined, endMs: undefined };
  const exported: number[] = [];
  for await (const group of exportAuditEntries(store, asked, await store.readHead()))
    exported.push(...group.map(({ sequence }) => sequence));
  assert.deepEqual(exported, [1_001, 1_002, 1_003, 1_004, 1_005, 1_006, 1_007]);
  const early = verifyAuditLog({ store, keys }, { fromSequence: 1, toSequence: 0 }, undefined);
  await assert.rejects(early, /has archived its entry 1/);
  const { hmac } = await store.readCut();
  const known = { sequence: 1_000, hmac };
  assert.equal((await verifyAuditLog({ store, keys }, whole, known)).fault, undefined);
});

test("a cut that no entry vouches for is found", async () => {
  const cut = await redis.command<string>(cutKey, ["GET", cutKey]);
  const { hmac } = await store.readCut();
  const forged = [
    `1000 ${hmac} 1003`,
    `1000 ${"a".repeat(64)} 1007`,
    `2000 ${hmac} 1007`,
    `1000 ${hmac} 9999`,
  ];
  for (const text of forged) {
    await redis.command(cutKey, ["SET", cutKey, text]);
    const { fault } = await verifyAuditLog(
      { store, keys },
      { fromSequence: 0, toSequence: 0 },
      undefined,
    ).catch(() => ({ fault: { kind: "entry_missing" } }));
    assert.equal(fault?.kind, "entry_missing", text);
  }
  await redis.command(cutKey, ["DEL", cutKey]);
  assert.equal((await verifyAuditLog({ store, keys }, whole, undefined)).fault?.kind, "entry_missing");
  await redis.command(cutKey, ["SET", cutKey, cut]);
  assert.equal((await verifyAuditLog({ store, keys }, whole, undefined)).fault, undefined);
});

test("an archive that was changed, shortened or put together anew is found", async () => {
  const changed = archived.map((line) => line.replace("test.300", "test.301"));
  assert.equal(await faultOf(changed), "hmac_wrong");
  const altered = archived.map((line, at) => (at === 300 ? line.replace("boss@", "chef@") : line));
  assert.equal(await faultOf(altered), "content_altered");
  assert.equal(await faultOf(archived.toSpliced(300, 1)), "chain_broken");
  assert.equal(await faultOf(archived.slice(0, -1)), "entry_missing");
  const otherStart = archived.map((line, at) => (at === 0 ? line.replace(/0{64}/, "1".repeat(64)) : line));
  assert.equal(await faultOf(otherStart), "chain_broken");
  await assert.rejects(faultOf(["{}"]), /is no archive/);
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Clock } from "#platform/clock/clock.ts";
import { connectRedis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { createFakeClock } from "#platform/testing/fake-clock.ts";
import { startFaultyProxy } from "#platform/testing/faulty-proxy.ts";
import { JournalReader } from "../../store/journal-reader.ts";
import { accountKeys } from "../../store/keys.ts";
import { BalanceReading } from "../balance-reading.ts";
import { startTestLedger, type TestLedger } from "../testing/test-ledger.ts";
import { BalanceHub } from "./balance-hub.ts";
import { BalanceWatch, type WatchEvent } from "./balance-watch.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger({ port: true });
});
after(() => shared.stop());

/** A watch on the shared ledger, whose hub may have another way to Redis. */
function startWatch(redis = shared.redis, clock?: Clock) {
  const journal = new JournalReader(shared.store);
  const hub = new BalanceHub({ redis, journal, onError: () => {} });
  const watch = new BalanceWatch(hub, new BalanceReading(shared.store, journal), journal, clock);
  return { watch, hub, [Symbol.asyncDispose]: () => hub.stop() };
}

/** Collects what a watcher is told: `=<sequence>` a snapshot, `+<sequence>` a change, `.` a heartbeat. */
function collect(watch: BalanceWatch, accountId: string, afterSequence = 0) {
  const abort = new AbortController();
  const told: string[] = [];
  const ended = (async () => {
    for await (const event of watch.watch(accountId, afterSequence, abort.signal)) told.push(describe(event));
  })().catch((error: unknown) => {
    if (!abort.signal.aborted) told.push(String(error));
    return error;
  });
  const leave = () => {
    abort.abort(new Error("left"));
    return ended;
  };
  return { told, ended, leave };
}

function describe(event: WatchEvent): string {
  if (event.kind === "snapshot") return `=${event.snapshot.balance.sequence}`;
  return event.kind === "change" ? `+${event.change.sequence}` : ".";
}

const changes = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `+${first + index}`);

/** Waits until every watcher was told of an entry, as a change or within a snapshot. */
async function until(watchers: ReadonlyArray<{ told: string[] }>, sequence: number): Promise<void> {
  const last = new RegExp(`^[=+]${sequence}$`);
  await eventually(() => {
    for (const { told } of watchers) assert.match(told.findLast((one) => one !== ".") ?? "", last);
  });
}

async function commandCalls(name: string): Promise<number> {
  const stats = await shared.redis.onEveryPrimary<string>(["INFO", "commandstats"]);
  const calls = stats.map((each) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(each)?.[1] ?? 0));
  return calls.reduce((sum, count) => sum + count, 0);
}

test("a change costs one reading of Redis, also with 1,000 watchers, and all are told in order", async () => {
  await shared.create("crowd");
  await using crowd = startWatch();
  const watchers: Array<ReturnType<typeof collect>> = [];
  while (watchers.length < 1_000) {
    const next = Array.from({ length: 100 }, () => collect(crowd.watch, "crowd"));
    await until(next, 1);
    watchers.push(...next);
  }
  const startMs = Date.now();
  const [functions, reads] = [await commandCalls("fcall"), await commandCalls("xread")];
  for (let sequence = 2; sequence <= 21; sequence++) {
    await shared.credit("crowd", 1n);
    await until(watchers, sequence);
  }
  assert.equal((await commandCalls("fcall")) - functions, 20, "the credits themselves and nothing more");
  // A reading without news ends after 100 ms; on a cluster it ends at once, and the next comes 20 ms later.
  const idleMs = shared.redis.isCluster ? 20 : 100;
  const idleReads = Math.ceil((Date.now() - startMs) / idleMs) + 1;
  assert.ok((await commandCalls("xread")) - reads <= 20 + idleReads);
  for (const { told } of watchers) assert.deepEqual(told, ["=1", ...changes(2, 21)]);
  await Promise.all(watchers.map(({ leave }) => leave()));
});

test("watchers that come while entries are written see each exactly once, in order", async () => {
  await shared.create("busy");
  await using busy = startWatch();
  const watchers: Array<ReturnType<typeof collect>> = [];
  for (let round = 0; round < 10; round++) {
    watchers.push(collect(busy.watch, "busy"));
    await Promise.all(Array.from({ length: 20 }, () => shared.credit("busy", 1n)));
  }
  await until(watchers, 201);
  for (const { told, leave } of watchers) {
    const first = Number(told[0]?.slice(1));
    assert.deepEqual(told, [`=${first}`, ...changes(first + 1, 201)]);
    await leave();
  }
});

test("a watcher resumes after a sequence, gets a snapshot where that is archived, and none of the future", async () => {
  await shared.create("resume");
  for (let count = 0; count < 600; count++) await shared.credit("resume", 1n);
  await using resume = startWatch();
  const watchers = [collect(resume.watch, "resume", 10), collect(resume.watch, "resume", 601)];
  await until(watchers.slice(0, 1), 601);
  await shared.credit("resume", 1n);
  await until(watchers, 602);
  assert.deepEqual(watchers[0]?.told, changes(11, 602));
  assert.deepEqual(watchers[1]?.told, changes(602, 602));
  assert.equal(
    ((await collect(resume.watch, "resume", 603).ended) as { reason?: string }).reason,
    "RESUME_POINT_UNKNOWN",
  );
  assert.equal(
    ((await collect(resume.watch, "nobody").ended) as { reason?: string }).reason,
    "ACCOUNT_NOT_FOUND",
  );

  const keys = accountKeys("resume");
  await shared.command("LPOP", keys.journal, "100");
  await shared.command("HSET", keys.account, "b", "100");
  const archived = [collect(resume.watch, "resume", 99), collect(resume.watch, "resume", 100)];
  await until(archived.slice(0, 1), 602);
  await until(archived.slice(1), 602);
  assert.deepEqual(archived[0]?.told, ["=602"]);
  assert.deepEqual(archived[1]?.told, changes(101, 602));
  await Promise.all([...watchers, ...archived].map(({ leave }) => leave()));
});

test("lost connections and an outbox that was trimmed meanwhile lose nothing", async () => {
  await shared.create("cut");
  const { port } = await shared.serverOf("cut");
  const proxy = await startFaultyProxy({ port: port! });
  const proxied = await connectRedis({
    urls: [`redis://127.0.0.1:${proxy.port}`],
    name: "proxied",
    commandTimeoutMs: 500,
  });
  const cut = startWatch(proxied);
  const watcher = collect(cut.watch, "cut");
  await until([watcher], 1);
  for (let count = 0; count < 5; count++) {
    await shared.credit("cut", 1n);
    proxy.cutConnections();
    await shared.credit("cut", 1n);
  }
  await until([watcher], 11);
  await proxy.refuseConnections();
  proxy.cutConnections();
  for (let count = 0; count < 5; count++) await shared.credit("cut", 1n);
  await shared.command("XTRIM", accountKeys("cut").outbox, "MAXLEN", "0");
  await proxy.acceptConnections();
  await until([watcher], 16);
  assert.deepEqual(watcher.told, ["=1", ...changes(2, 16)]);
  await watcher.leave();
  await cut[Symbol.asyncDispose]();
  await proxied.close();
  await proxy.stop();
});

test("an entry that the outbox lost before it could be read comes from the journal", async () => {
  await shared.create("trimmed");
  const keys = accountKeys("trimmed");
  await using trimmed = startWatch();
  const watcher = collect(trimmed.watch, "trimmed");
  await until([watcher], 1);
  // In one step, so that nobody can read it in between.
  const lose = `redis.call('XADD', KEYS[1], '*', 'a', 'trimmed', 'q', '2', 'e', ARGV[1])
    redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)
    redis.call('RPUSH', KEYS[2], ARGV[1])
    redis.call('HSET', KEYS[3], 'q', '2')`;
  const entry = ["1", "2", String(Date.now()), "U", "0", "0", "0", "0", "0", "0", ""].join("\u001f");
  const loseEntry = (script: string, text: string) =>
    shared.redis.command(keys.outbox, [
      ...["EVAL", script, "3", keys.outbox, keys.journal, keys.account],
      text,
    ]);
  await loseEntry(lose, entry);
  await until([watcher], 2);
  await loseEntry(lose.replaceAll("'2'", "'3'"), entry.replace("\u001f2\u001f", "\u001f3\u001f"));
  await shared.credit("trimmed", 1n);
  await until([watcher], 4);
  assert.deepEqual(watcher.told, ["=1", "+2", "+3", "+4"]);
  await watcher.leave();
});

test("a watcher that reads too slowly gets a fresh snapshot and goes on from there", async () => {
  await shared.create("slow");
  await using slow = startWatch();
  const abort = new AbortController();
  const events = slow.watch.watch("slow", 0, abort.signal);
  assert.equal(describe((await events.next()).value), "=1");
  const fast = collect(slow.watch, "slow");
  await until([fast], 1);
  for (let count = 0; count < 600; count += 20)
    await Promise.all(Array.from({ length: 20 }, () => shared.credit("slow", 1n)));
  await until([fast], 601);
  const told: string[] = [];
  while (told.at(-1) !== "=601") told.push(describe((await events.next()).value));
  assert.deepEqual(told, ["=601"]);
  const next = events.next();
  await shared.credit("slow", 1n);
  assert.equal(describe((await next).value), "+602");
  abort.abort(new Error("left"));
  await assert.rejects(events.next(), /left/);
  await fast.leave();
});

test("a watcher is told every 15 s that nothing changed", async () => {
  await shared.create("quiet");
  const clock = createFakeClock(Date.now() - 3_600_000);
  await using quiet = startWatch(shared.redis, clock);
  const watcher = collect(quiet.watch, "quiet");
  await eventually(() => assert.ok(quiet.hub.confirmedMs > 0));
  for (const told of [["=1"], ["=1", "."], ["=1", ".", "."]]) {
    await eventually(() => assert.deepEqual(watcher.told, told));
    await clock.waitForTimers();
    await clock.advance(14_999);
    assert.deepEqual(watcher.told, told);
    await clock.advance(1);
  }
  await watcher.leave();
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Redis } from "../redis/redis.ts";
import { waitUntil } from "../testing/eventually.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { forEachLine } from "../testing/for-each-line.ts";
import { redis, server } from "../testing/shared-redis.ts";
import { spawnTethered } from "../testing/tethered-process.ts";
import { createGuardedScript, runGuarded } from "./guarded-script.ts";
import { createHolderName, type Lease, LeaseLost, type LeaseOptions, tryAcquireLease } from "./lease.ts";

const patientMs = 60_000;

let keys = 0;
const newKey = () => `{test}:lease:${++keys}`;

async function acquire(key: string, options: Partial<LeaseOptions> = {}, holder?: string): Promise<Lease> {
  const { lease } = await tryAcquireLease({ redis, key, ttlMs: 60_000, ...options }, holder);
  assert.ok(lease, "the lease is free");
  return lease;
}

/** As if its time had passed on Redis. */
const expire = (key: string) => redis.command(key, ["HSET", key, "expires", "1"]);

const add = createGuardedScript("write", "return redis.call('INCRBY', KEYS[1], ARGV[1])");

describe("a lease", () => {
  test("has one holder until it is released", async () => {
    const key = newKey();
    const attempts = await Promise.all(
      Array.from({ length: 20 }, () => tryAcquireLease({ redis, key, ttlMs: 60_000 })),
    );
    const held = attempts.flatMap(({ lease }) => lease ?? []);
    assert.equal(held.length, 1);
    for (const attempt of attempts) {
      if (attempt.lease === undefined) assert.ok(attempt.freeInMs > 0 && attempt.freeInMs <= 60_000);
    }
    const [first] = held as [Lease];
    assert.ok(first.isHeld());
    await first.release();
    assert.equal(first.isHeld(), false);
    assert.ok(first.signal.aborted);
    const next = await acquire(key);
    assert.ok(BigInt(next.token) > BigInt(first.token));
    await next.release();
  });

  test("gives growing tokens, also after Redis has lost them", async () => {
    const key = newKey();
    const tokens: bigint[] = [];
    for (let round = 0; round < 50; round++) {
      const lease = await acquire(key);
      tokens.push(BigInt(lease.token));
      await lease.release();
      // What a failover to a replica that lags behind does; a later millisecond is enough.
      if (round === 40) {
        const before = Date.now() + 1_000;
        await redis.command(key, ["HSET", key, "token", "1"]);
        await waitUntil("the time is past the tokens", () => Date.now() > Number(tokens.at(-1)), before);
      }
    }
    for (const [index, token] of tokens.slice(1).entries()) assert.ok(token > tokens[index]!, `${index}`);
  });

  test("can be taken again at once under the same name, when a reply was lost; then by the new token", async () => {
    const key = newKey();
    const holder = createHolderName();
    const lost = await acquire(key, {}, holder);
    const again = await acquire(key, {}, holder);
    assert.ok(BigInt(again.token) > BigInt(lost.token));
    await assert.rejects(runGuarded(redis, lost, add, ["{test}:sum"], ["1"]), LeaseLost);
    await lost.release();
    assert.ok(again.isHeld());
    assert.equal((await tryAcquireLease({ redis, key, ttlMs: 60_000 })).lease, undefined);
    await again.release();
  });

  test("is renewed long past its time", async () => {
    const key = newKey();
    const lease = await acquire(key, { ttlMs: 1_000 });
    const first = Number(await redis.command(key, ["HGET", key, "expires"]));
    await waitUntil(
      "it was renewed for twice its time",
      async () =>
        Number(await redis.command(key, ["HGET", key, "expires"])) > first + 2_000 || !lease.isHeld(),
      patientMs,
    );
    // On a machine that stalls it may be lost, but then it says so.
    if (!lease.isHeld()) assert.ok(lease.signal.reason instanceof LeaseLost);
    await lease.release();
  });

  test("is over for a holder that was paused, in the very first statement after it", async () => {
    const pauses: ReadonlyArray<[name: string, pause: (clock: ReturnType<typeof createFakeClock>) => void]> =
      [
        ["stopped", (clock) => clock.jumpSilently(60_000)],
        ["asleep with its machine", (clock) => clock.stepWallClock(60_000)],
      ];
    for (const [name, pause] of pauses) {
      const key = newKey();
      const clock = createFakeClock();
      const lease = await acquire(key, { clock });
      pause(clock);
      assert.equal(lease.isHeld(), false, name);
      assert.throws(() => lease.assertHeld(), LeaseLost);
      assert.ok(lease.signal.reason instanceof LeaseLost);
      assert.equal(clock.timerCount, 0);
    }
  });

  test("ends locally before others may take it, and tells by its signal", async () => {
    const key = newKey();
    const clock = createFakeClock();
    const broken: Redis = { ...redis, command: () => Promise.reject(new Error("cut")) };
    let cut = false;
    const errors: unknown[] = [];
    const switching: Redis = {
      ...redis,
      command: (...call) => (cut ? broken : redis).command(...call) as never,
    };
    const lease = await acquire(key, { clock, redis: switching, onError: (error) => errors.push(error) });
    cut = true;
    await clock.advance(47_000);
    assert.ok(lease.isHeld());
    await clock.advance(1_100);
    assert.ok(lease.signal.aborted);
    assert.ok(errors.length > 3);
    assert.equal((await tryAcquireLease({ redis, key, ttlMs: 60_000 })).lease, undefined);
  });

  test("survives a failed renewal when the next one succeeds", async () => {
    const key = newKey();
    const clock = createFakeClock();
    let failures = 2;
    let renewals = 0;
    const flaky: Redis = {
      ...redis,
      command: async (...call) => {
        if (call[1].includes("60000") && renewals++ > 0 && failures-- > 0) throw new Error("cut");
        return (await redis.command(...call)) as never;
      },
    };
    const lease = await acquire(key, { clock, redis: flaky });
    for (let round = 0; round < 20; round++) {
      const before = renewals;
      await clock.advance(15_000);
      await waitUntil("a renewal was tried", () => renewals > before, patientMs);
      // The deadline and the next renewal: the reply has been taken in.
      await clock.waitForTimers(2);
      await clock.advance(0);
    }
    assert.ok(lease.isHeld());
    await lease.release();
  });

  test("is lost at the next renewal when another has taken it", async () => {
    const key = newKey();
    const clock = createFakeClock();
    const lease = await acquire(key, { clock });
    await expire(key);
    const other = await acquire(key);
    await clock.advance(15_000);
    await waitUntil("the holder knows", () => lease.signal.aborted, patientMs);
    assert.match(String(lease.signal.reason), /another took it/);
    await lease.release();
    assert.equal(await redis.command(key, ["HGET", key, "token"]), other.token);
    await other.release();
  });

  test("is lost when Redis has lost it", async () => {
    const key = newKey();
    const clock = createFakeClock();
    const lease = await acquire(key, { clock });
    await redis.command(key, ["DEL", key]);
    await assert.rejects(runGuarded(redis, lease, add, ["{test}:sum"], ["1"]), LeaseLost);
    assert.ok(lease.signal.aborted);
  });

  test("on a key of another type is an error that changes nothing", async () => {
    const key = newKey();
    await redis.command(key, ["SET", key, "text"]);
    await assert.rejects(acquire(key), /WRONGTYPE/);
    assert.equal(await redis.command(key, ["GET", key]), "text");
  });

  for (const ttlMs of [0, 499, 600_001, Number.NaN]) {
    test(`a time of ${ttlMs} ms is refused`, () => assert.rejects(acquire(newKey(), { ttlMs }), RangeError));
  }

  test("works when memory is full", async () => {
    await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory", "1"]);
    try {
      await (await acquire(newKey())).release();
    } finally {
      await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory", "100mb"]);
    }
  });
});

describe("the fence", () => {
  test("lets the holder write, with its own keys and arguments", async () => {
    const lease = await acquire(newKey());
    assert.equal(await runGuarded(redis, lease, add, ["{test}:total"], ["5"]), 5);
    assert.equal(await runGuarded(redis, lease, add, ["{test}:total"], ["2"]), 7);
    await lease.release();
  });

  test("refuses a late write of a holder that believes to hold it", async () => {
    const key = newKey();
    const late = await acquire(key, { clock: createFakeClock() });
    await expire(key);
    const next = await acquire(key);
    assert.ok(late.isHeld(), "its clock stands still");
    await assert.rejects(runGuarded(redis, late, add, ["{test}:late"], ["1"]), LeaseLost);
    assert.equal(late.isHeld(), false, "now it knows");
    assert.equal(await runGuarded(redis, next, add, ["{test}:late"], ["1"]), 1);
    await next.release();
  });

  test("is not asked by a holder that knows better", async () => {
    const lease = await acquire(newKey());
    await lease.release();
    const unreachable: Redis = { ...redis, command: () => assert.fail("nothing is sent") };
    await assert.rejects(runGuarded(unreachable, lease, add, ["{test}:sum"], ["1"]), LeaseLost);
  });

  test("stops a process that was stopped with SIGSTOP while another took over", async () => {
    const key = newKey();
    const counter = "{test}:counter";
    const program = new URL("./testing/paused-holder.ts", import.meta.url).pathname;
    const child = spawnTethered(process.execPath, [program, server.url, key, "60000", counter]);
    const lines: string[] = [];
    forEachLine(child.stdout, (line) => lines.push(line));
    try {
      await waitUntil("the child counts", () => lines.some((line) => line.startsWith("count")), patientMs);
      child.signal("SIGSTOP");
      await expire(key);
      const lease = await acquire(key);
      const countAtTakeover = await redis.command(counter, ["GET", counter]);
      child.signal("SIGCONT");
      await waitUntil("the child gives up", () => lines.some((line) => line.startsWith("lost")), patientMs);
      assert.equal(lines.at(-1), "lost, held: false");
      assert.equal(await redis.command(counter, ["GET", counter]), countAtTakeover);
      assert.ok(BigInt(lease.token) > BigInt(lines[0]!.slice("token ".length)));
      await lease.release();
    } finally {
      child.signal("SIGKILL");
      await child.waitForExit();
    }
  });
});

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { type Clock, pause, systemClock } from "../clock/clock.ts";
import { waitUntil } from "../testing/eventually.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { redis, server } from "../testing/shared-redis.ts";
import { type Lease, LeaseLost } from "./lease.ts";
import { type Campaign, type LeaderWork, runWhileLeading } from "./run-while-leading.ts";

const patientMs = 60_000;

const campaigns: Campaign[] = [];
afterEach(async () => {
  await Promise.all(campaigns.splice(0).map((campaign) => campaign.stop()));
});

let keys = 0;
const newKey = () => `{test}:leader:${++keys}`;
const untilAborted: LeaderWork = (_lease, signal) => pause(systemClock, 2 ** 40, signal);

function campaign(
  key: string,
  work: LeaderWork,
  ttlMs = 800,
  clock: Clock = systemClock,
): Campaign & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const started = runWhileLeading({ redis, key, ttlMs, clock, onError }, work);
  campaigns.push(started);
  return { ...started, errors };
}

const leadersOf = (all: readonly Campaign[]) => all.filter((each) => each.isLeading());

describe("campaigning instances", () => {
  test("work one at a time, and when the leader stops another takes over", async () => {
    const key = newKey();
    let working = 0;
    const tokens: bigint[] = [];
    const work: LeaderWork = async (lease, signal) => {
      assert.equal(++working, 1);
      tokens.push(BigInt(lease.token));
      await untilAborted(lease, signal);
      working--;
    };
    const all = Array.from({ length: 4 }, () => campaign(key, work, 3_000));
    for (let round = 1; round <= all.length; round++) {
      await waitUntil("one leads", () => leadersOf(all).length === 1 && tokens.length >= round, patientMs);
      const [leader] = leadersOf(all);
      await leader?.stop();
    }
    assert.deepEqual(
      tokens,
      tokens.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(working, 0);
  });

  test("take over from one that loses its lease; it is told why and does not work meanwhile", async () => {
    const key = newKey();
    const reasons: unknown[] = [];
    const first = campaign(key, async (lease, signal) => {
      await untilAborted(lease, signal);
      reasons.push(lease.signal.reason);
    });
    await waitUntil("the first leads", () => first.isLeading(), patientMs);
    await redis.command(key, ["HSET", key, "token", "9999999999999999", "holder", "another", "expires", "1"]);
    const second = campaign(key, untilAborted);
    await waitUntil("the first has lost it", () => reasons.length > 0, patientMs);
    assert.ok(reasons[0] instanceof LeaseLost);
    await waitUntil("one leads again", () => first.isLeading() || second.isLeading(), patientMs);
    await waitUntil(
      "the loss is reported",
      () => first.errors.some((error) => error instanceof LeaseLost),
      patientMs,
    );
  });

  test("begin again after work that ends or throws", async () => {
    const key = newKey();
    let runs = 0;
    const only = campaign(key, async () => {
      if (++runs === 1) throw new Error("broken");
    });
    await waitUntil("it has run four times", () => runs >= 4, patientMs);
    assert.match(String(only.errors), /broken/);
    await only.stop();
    assert.equal(await redis.command(key, ["HGET", key, "holder"]), null, "the lease is free");
  });

  test("hold the lease until work that was told to stop has ended", async () => {
    const key = newKey();
    const ending = Promise.withResolvers<void>();
    // By the system's clock it could run out while the machine stalls.
    const clock = createFakeClock();
    let seen: Lease | undefined;
    const first = campaign(
      key,
      async (lease, signal) => {
        seen = lease;
        await untilAborted(lease, signal);
        await ending.promise;
      },
      60_000,
      clock,
    );
    await waitUntil("the first leads", () => seen !== undefined, patientMs);
    const stopping = first.stop();
    const token = seen?.token;
    const expires = async () => Number(await redis.command(key, ["HGET", key, "expires"]));
    const atStop = await expires();
    const stoppedMs = Date.now();
    await waitUntil("a renewal prolongs it", () => Date.now() > stoppedMs + 1, patientMs);
    await clock.advance(15_000);
    await waitUntil("it is still renewed", async () => (await expires()) > atStop, patientMs);
    assert.equal(await redis.command(key, ["HGET", key, "token"]), token);
    ending.resolve();
    await stopping;
    assert.equal(await redis.command(key, ["HGET", key, "holder"]), null);
  });

  test("stop working while Redis is down and lead again when it is back", async () => {
    const key = newKey();
    let begun = 0;
    let working = 0;
    const only = campaign(key, async (lease, signal) => {
      begun++;
      working++;
      await untilAborted(lease, signal);
      working--;
    });
    await waitUntil("it leads", () => working === 1, patientMs);
    await server.kill();
    await waitUntil("it stops working", () => working === 0, patientMs);
    assert.equal(only.isLeading(), false);
    await server.restart();
    await waitUntil("it leads again", () => only.isLeading() && begun >= 2, patientMs);
    assert.equal(working, 1);
  });

  test("can be stopped while Redis is down", async () => {
    const only = campaign(newKey(), untilAborted);
    await waitUntil("it leads", () => only.isLeading(), patientMs);
    await server.kill();
    await only.stop();
    assert.equal(only.isLeading(), false);
    await server.restart();
    await waitUntil(
      "Redis answers",
      () =>
        redis.ping().then(
          () => true,
          () => false,
        ),
      patientMs,
    );
  });
});

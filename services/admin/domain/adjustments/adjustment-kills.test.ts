import assert from "node:assert/strict";
import { test } from "node:test";
import type { Redis, RedisArgument } from "#platform/redis/redis.ts";
import { resumeAdjustments } from "./adjustment-upkeep.ts";
import { adjust, audited, decide, large, ledger, newParts, passTime, redis } from "./testing/adjusting.ts";

/** A connection that dies with the n-th command, before or after Redis runs it. */
function dyingAt(step: number, when: "before" | "after"): { redis: Redis; died: () => boolean } {
  let commands = 0;
  const command = async <T>(key: string, args: readonly RedisArgument[]): Promise<T> => {
    commands += 1;
    if (commands < step) return redis.command<T>(key, args);
    if (commands === step && when === "after") await redis.command<T>(key, args);
    throw new Error("killed");
  };
  return { redis: { ...redis, command }, died: () => commands >= step };
}

for (const when of ["before", "after"] as const) {
  test(`killed ${when} any of its commands, a correction is booked at most once and then finished`, async () => {
    // Loads the scripts, so that each step is one command.
    await adjust({ idempotencyKey: "warm", amount: "1" });
    for (let step = 1; ; step++) {
      const key = `k-${when}-${step}`;
      const dying = dyingAt(step, when);
      const bookedBefore = ledger.booked.length;
      const first = await adjust({ idempotencyKey: key }, "ak_1", newParts(dying.redis)).catch(
        () => undefined,
      );
      if (!dying.died()) break;
      passTime(10 * 60_000);
      const survivor = newParts();
      await survivor.auditLog.closeAbandoned(60_000);
      await resumeAdjustments(survivor);
      const again = await adjust({ idempotencyKey: key });
      assert.equal(again.adjustment.state, "applied", `step ${step}`);
      assert.equal(ledger.booked.length, bookedBefore + 1, `step ${step}: booked once`);
      assert.ok(first === undefined || first.adjustment.adjustmentId === again.adjustment.adjustmentId);
      await resumeAdjustments(survivor);
      const entries = await audited({ result: "succeeded" });
      const told = entries.filter(({ afterJson }) => afterJson.includes(again.adjustment.adjustmentId));
      assert.ok(told.length >= 1, `step ${step}: audited`);
      passTime(10 * 60_000);
      assert.equal((await survivor.store.listOpen(10)).length, 0, `step ${step}: nothing is left open`);
    }
  });

  test(`killed ${when} any of its commands, an approval is booked at most once and then finished`, async () => {
    await decide((await adjust({ ...large, idempotencyKey: "warm" })).adjustment.adjustmentId);
    for (let step = 1; ; step++) {
      const { adjustment } = await adjust({ ...large, idempotencyKey: `k-${when}-${step}` });
      const decision = { idempotencyKey: `d-${when}-${step}` };
      const dying = dyingAt(step, when);
      const bookedBefore = ledger.booked.length;
      await decide(adjustment.adjustmentId, decision, "ak_2", newParts(dying.redis)).catch(() => {});
      if (!dying.died()) break;
      passTime(10 * 60_000);
      const survivor = newParts();
      await survivor.auditLog.closeAbandoned(60_000);
      await resumeAdjustments(survivor);
      const again = await decide(adjustment.adjustmentId, decision);
      assert.equal(again.adjustment.state, "applied", `step ${step}`);
      assert.equal(ledger.booked.length, bookedBefore + 1, `step ${step}: booked once`);
      passTime(10 * 60_000);
      await resumeAdjustments(survivor);
      assert.equal((await survivor.store.listOpen(10)).length, 0, `step ${step}: nothing is left open`);
    }
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { redis } from "#platform/testing/shared-redis.ts";
import type { DeliveryRecord } from "../../store/deliveries/delivery-record.ts";
import { DeliveryStore } from "../../store/deliveries/delivery-store.ts";
import { newDeliveryId } from "./deliveries.ts";
import { endStuckDeliveries } from "./stuck-deliveries.ts";

test("a delivery whose senders all died has failed, is told of once, and waits no more", async () => {
  const store = new DeliveryStore(redis);
  const nowMs = Date.now();
  const make = async (channelId: string) => {
    const record: DeliveryRecord = {
      ...{ deliveryId: newDeliveryId(nowMs), channelId, state: "pending", kind: "firing", groupKey: "{}" },
      ...{ alertIds: [], alertCount: 1, createdAtMs: nowMs, nextAttemptAtMs: nowMs, attemptCount: 0 },
      ...{ attempts: [], redeliveryOf: "" },
    };
    await store.create({ record, payload: "{}" });
    return record.deliveryId;
  };
  const stuck = await make("stuck");
  const { deliveries } = await store.queue.claim(1, 60_000);
  await store.queue.bury(deliveries[0]!, "the lease ended");
  const waiting = await make("well");

  const told: string[] = [];
  const options = {
    store,
    now: () => nowMs,
    onAttempt: ({ deliveryId }: DeliveryRecord) => told.push(deliveryId),
  };
  const last = await endStuckDeliveries(options);
  await endStuckDeliveries(options);
  await endStuckDeliveries(options, last);
  const failed = (await store.get(stuck))?.record;
  assert.equal(failed?.state, "failed");
  assert.equal(failed.nextAttemptAtMs, undefined);
  assert.match(
    failed.attempts.at(-1)!.error,
    /^given up after 1 attempts that were cut off: the lease ended$/,
  );
  assert.deepEqual(await store.pendingIds("stuck"), []);
  assert.equal((await store.get(waiting))?.record.state, "pending");
  assert.deepEqual(told, [stuck]);
});

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { DeliveryState, NotificationKind } from "#gen/billing/monitoring/v1/delivery_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import {
  type ScriptedHttpServer,
  type ScriptedReply,
  startScriptedHttpServer,
} from "#platform/testing/scripted-http-server.ts";
import { newDeliveryId } from "../../domain/delivery/deliveries.ts";
import { startTestAlerting, type TestAlerting } from "../../testing/test-alerting.ts";

let server: TestRedis;
let receiver: ScriptedHttpServer;
let alerting: TestAlerting;
before(async () => {
  server = await startRedis();
  receiver = await startScriptedHttpServer();
  alerting = await start();
});
after(async () => {
  await alerting?.stop();
  await receiver?.stop();
  await server?.stop();
});

const start = () => startTestAlerting({ redisUrl: server.url, allowedHosts: [`127.0.0.1:${receiver.port}`] });

let channels = 0;
/** A channel to a path of the receiver of its own. */
async function createChannel(...replies: ScriptedReply[]) {
  const channelId = `receiver-${++channels}`;
  receiver.reply(`/${channelId}`, ...replies);
  await alerting.client.createChannel({
    channelId,
    spec: { target: { case: "webhook", value: { url: `${receiver.url}/${channelId}` } } },
  });
  return channelId;
}

/** Puts a notification on its way, as the alert engine does. */
async function notify(channelId: string, options: { payload?: string; createdAtMs?: number } = {}) {
  const createdAtMs = options.createdAtMs ?? Date.now();
  const deliveryId = newDeliveryId(createdAtMs);
  await alerting.parts.deliveryStore.create({
    record: {
      deliveryId,
      channelId,
      state: "pending",
      kind: "firing",
      groupKey: "{}:{}",
      alertIds: [`alert-of-${channelId}`],
      alertCount: 1,
      createdAtMs,
      nextAttemptAtMs: createdAtMs,
      attemptCount: 0,
      attempts: [],
      redeliveryOf: "",
    },
    payload: options.payload ?? JSON.stringify({ of: deliveryId }),
  });
  return deliveryId;
}

async function deliveriesOf(channelId: string, state: DeliveryState = DeliveryState.UNSPECIFIED) {
  const { deliveries } = await alerting.client.listDeliveries({ channelId, state, pageSize: 1_000 });
  return deliveries;
}

async function ended(channelId: string, deliveryId: string) {
  return eventually(async () => {
    const delivery = (await deliveriesOf(channelId)).find((each) => each.deliveryId === deliveryId);
    assert.ok(delivery !== undefined && delivery.state !== DeliveryState.PENDING);
    return delivery;
  });
}

async function channelOf(channelId: string) {
  const listed = await alerting.client.listChannels({ pageSize: 1_000 });
  return listed.channels.find((channel) => channel.channelId === channelId)!;
}

describe("a delivery", () => {
  test("arrives, although its receiver fails, hangs up and stalls before it recovers", async () => {
    const channelId = await createChannel(
      { status: 500 },
      { fault: { kind: "closeWithoutAnswer" } },
      { status: 429, headers: { "retry-after": "0" } },
      { status: 200 },
    );
    const deliveryId = await notify(channelId, { payload: '{"exactly":"this"}' });
    const delivery = await ended(channelId, deliveryId);
    assert.equal(delivery.state, DeliveryState.DELIVERED);
    assert.deepEqual(
      delivery.attempts.map(({ httpStatus }) => httpStatus),
      [500, 0, 429, 200],
    );
    assert.equal(delivery.attemptCount, 4);
    assert.ok(delivery.deliveredAt !== undefined && delivery.nextAttemptAt === undefined);
    const received = receiver.requests.filter(({ path }) => path === `/${channelId}`);
    assert.deepEqual(new Set(received.map(({ body }) => body)), new Set(['{"exactly":"this"}']));
    assert.deepEqual(
      new Set(received.map(({ headers }) => headers["holdfast-delivery"])),
      new Set([deliveryId]),
    );
    const channel = await channelOf(channelId);
    assert.deepEqual([channel.lastError, channel.pendingCount], ["", 0]);
    assert.deepEqual(channel.lastDeliveredAt, delivery.deliveredAt);
  });

  test("that the receiver refuses for good has failed after one attempt", async () => {
    const channelId = await createChannel({ status: 410 });
    const delivery = await ended(channelId, await notify(channelId));
    assert.deepEqual([delivery.state, delivery.attemptCount], [DeliveryState.FAILED, 1]);
    assert.equal((await channelOf(channelId)).lastError, "answered with status 410");
  });

  test("to a redirecting receiver has failed, and the redirect was not followed", async () => {
    const channelId = await createChannel({ status: 307, headers: { location: "/other-place" } });
    const delivery = await ended(channelId, await notify(channelId));
    assert.equal(delivery.state, DeliveryState.FAILED);
    assert.match(delivery.attempts[0]?.error ?? "", /redirect/);
    assert.equal(receiver.count("/other-place"), 0);
  });

  test("that waits is counted, and discarded with its channel", async () => {
    const channelId = await createChannel({ status: 503, headers: { "retry-after": "600" } });
    const deliveryId = await notify(channelId);
    await eventually(async () => assert.equal(receiver.count(`/${channelId}`), 1));
    await eventually(async () => {
      const [delivery] = await deliveriesOf(channelId, DeliveryState.PENDING);
      assert.ok(timestampMs(delivery!.nextAttemptAt!) > Date.now() + 500_000);
    });
    assert.equal((await channelOf(channelId)).pendingCount, 1);
    const again = alerting.client.redeliverNotification({ deliveryId, idempotencyKey: "too-early" });
    assert.equal((await refusalOf(again)).reason, "DELIVERY_PENDING");
    await alerting.client.deleteChannel({ channelId });
    const [discarded] = await deliveriesOf(channelId);
    assert.deepEqual([discarded?.state, discarded?.nextAttemptAt], [DeliveryState.DISCARDED, undefined]);
  });

  test("to a channel that is switched off is discarded unsent", async () => {
    const channelId = await createChannel({});
    const target = { case: "webhook", value: { url: `${receiver.url}/${channelId}` } } as const;
    await alerting.client.updateChannel({ channelId, spec: { target, disabled: true }, expectedVersion: 1n });
    const delivery = await ended(channelId, await notify(channelId));
    assert.deepEqual([delivery.state, receiver.count(`/${channelId}`)], [DeliveryState.DISCARDED, 0]);
    assert.equal((await refusalOf(alerting.client.testChannel({ channelId }))).reason, "CHANNEL_DISABLED");
  });

  test("goes on after a stop in the midst of its attempts, with another instance", async () => {
    const channelId = await createChannel({ fault: { kind: "silence" } }, { status: 200 });
    const first = await start();
    const deliveryId = await notify(channelId);
    await eventually(() => assert.equal(receiver.count(`/${channelId}`), 1));
    await first.stop();
    const delivery = await ended(channelId, deliveryId);
    assert.equal(delivery.state, DeliveryState.DELIVERED);
  });
});

describe("TestChannel", () => {
  test("sends at once and says what came of it", async () => {
    const channelId = await createChannel({ status: 200 });
    const { delivery } = await alerting.client.testChannel({ channelId });
    assert.deepEqual(
      [delivery?.state, delivery?.kind, delivery?.attemptCount],
      [DeliveryState.DELIVERED, NotificationKind.TEST, 1],
    );
    const body = JSON.parse(receiver.requests.findLast(({ path }) => path === `/${channelId}`)!.body);
    assert.deepEqual([body.receiver, body.alerts[0].labels.alertname], [channelId, "HoldfastTest"]);
    assert.deepEqual(await deliveriesOf(channelId), [delivery]);
  });

  test("of a receiver that fails is no error, and is not repeated", async () => {
    const channelId = await createChannel({ status: 500 });
    const { delivery } = await alerting.client.testChannel({ channelId });
    assert.deepEqual([delivery?.state, delivery?.nextAttemptAt], [DeliveryState.FAILED, undefined]);
    assert.equal(delivery?.attempts[0]?.error, "answered with status 500");
  });

  test("to the log writes one line", async () => {
    await alerting.client.createChannel({
      channelId: "to-the-log",
      spec: { target: { case: "log", value: {} } },
    });
    const { delivery } = await alerting.client.testChannel({ channelId: "to-the-log" });
    assert.equal(delivery?.state, DeliveryState.DELIVERED);
    assert.ok(
      alerting.logged.some(
        ({ fields }) => "delivery_id" in fields && fields.delivery_id === delivery.deliveryId,
      ),
    );
  });

  test("of an unknown channel is refused", async () => {
    const { reason, metadata } = await refusalOf(alerting.client.testChannel({ channelId: "nobody" }));
    assert.deepEqual([reason, metadata.channel_id], ["CHANNEL_NOT_FOUND", "nobody"]);
  });
});

describe("RedeliverNotification", () => {
  test("sends the same payload as a new delivery, once for each key", async () => {
    const channelId = await createChannel({ status: 400 }, { status: 200 });
    const first = await notify(channelId, { payload: '{"as":"it was"}' });
    await ended(channelId, first);
    const redeliver = (idempotencyKey: string, deliveryId = first) =>
      alerting.client.redeliverNotification({ deliveryId, idempotencyKey });
    const answers = await Promise.all(Array.from({ length: 5 }, () => redeliver(`key-of-${first}`)));
    const ids = new Set(answers.map(({ delivery }) => delivery?.deliveryId));
    assert.equal(ids.size, 1);
    const [secondId = ""] = ids;
    const second = await ended(channelId, secondId);
    assert.deepEqual([second.state, second.redeliveryOf], [DeliveryState.DELIVERED, first]);
    const bodies = receiver.requests.filter(({ path }) => path === `/${channelId}`).map(({ body }) => body);
    assert.deepEqual(bodies, ['{"as":"it was"}', '{"as":"it was"}']);
    const other = await refusalOf(redeliver(`key-of-${first}`, secondId));
    assert.equal(other.reason, "IDEMPOTENCY_KEY_REUSED");
    assert.equal((await redeliver(`key-of-${first}`)).delivery?.deliveryId, secondId);
  });

  test("of an unknown delivery is refused", async () => {
    const call = alerting.client.redeliverNotification({ deliveryId: "unknown", idempotencyKey: "k" });
    assert.equal((await refusalOf(call)).reason, "DELIVERY_NOT_FOUND");
  });
});

describe("ListDeliveries", () => {
  test("pages newest first, by channel, alert, state and time", async () => {
    const channelId = await createChannel({ status: 200 });
    const startMs = Date.now() - 10 * 60_000;
    const made: string[] = [];
    for (let index = 0; index < 7; index++)
      made.push(await notify(channelId, { createdAtMs: startMs + index * 60_000 }));
    const newestFirst = made.toReversed();
    const first = await alerting.client.listDeliveries({ channelId, pageSize: 4 });
    const second = await alerting.client.listDeliveries({
      channelId,
      pageSize: 4,
      pageToken: first.nextPageToken,
    });
    assert.deepEqual(
      [...first.deliveries, ...second.deliveries].map(({ deliveryId }) => deliveryId),
      newestFirst,
    );
    assert.equal(second.nextPageToken, "");
    const between = await alerting.client.listDeliveries({
      channelId,
      startTime: timestampFromMs(startMs + 60_000),
      endTime: timestampFromMs(startMs + 3 * 60_000),
    });
    assert.deepEqual(
      between.deliveries.map(({ deliveryId }) => deliveryId),
      [made[2], made[1]],
    );
    const byAlert = await alerting.client.listDeliveries({ alertId: `alert-of-${channelId}` });
    assert.equal(byAlert.deliveries.length, 7);
    const wrongFilter = alerting.client.listDeliveries({ pageToken: first.nextPageToken });
    assert.equal((await refusalOf(wrongFilter)).reason, "PAGE_TOKEN_INVALID");
  });

  test("keeps nothing beyond 30 days", async () => {
    const channelId = await createChannel({ status: 200 });
    await notify(channelId, { createdAtMs: Date.now() - 31 * 24 * 3_600_000 });
    const kept = await notify(channelId);
    assert.deepEqual(
      (await deliveriesOf(channelId)).map(({ deliveryId }) => deliveryId),
      [kept],
    );
  });
});

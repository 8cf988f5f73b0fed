import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ChannelSpecSchema } from "#gen/billing/monitoring/v1/channel_pb.ts";
import { MatchOperator } from "#gen/billing/monitoring/v1/matcher_pb.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { startTestAlerting, type TestAlerting } from "../../testing/test-alerting.ts";

let server: TestRedis;
let alerting: TestAlerting;
before(async () => {
  server = await startRedis();
  alerting = await startTestAlerting({ redisUrl: server.url, allowedHosts: ["hooks.internal:9000"] });
});
after(async () => {
  await alerting?.stop();
  await server?.stop();
});

type Spec = MessageInitShape<typeof ChannelSpecSchema>;
const secret = "a-secret-of-24-characters";
const webhook = (url: string, signingSecret = "") => ({
  target: { case: "webhook", value: { url, signingSecret } } as const,
});
const slackUrl = "https://hooks.slack.com/services/T000/B000/secret";

let channels = 0;
async function create(spec: Spec = { target: { case: "log", value: {} } }) {
  const channelId = `channel-${++channels}`;
  const { channel } = await alerting.client.createChannel({ channelId, spec });
  assert.ok(channel);
  return channel;
}

describe("a channel", () => {
  test("comes back as it was stated, without its secret", async () => {
    const created = await create({
      ...webhook("https://example.com/hook?team=billing", secret),
      matchers: [{ label: "severity", operator: MatchOperator.MATCHES, value: "critical|warning" }],
      groupBy: ["alertname", "service"],
      groupWait: { seconds: 1n, nanos: 500_000_000 },
      skipResolved: true,
      maxAlerts: 7,
      description: "Who is on call",
    });
    assert.equal(created.version, 1n);
    assert.equal(created.signingSecretSet, true);
    assert.equal(created.updatedBy, "operator");
    assert.deepEqual([created.pendingCount, created.lastError, created.lastDeliveredAt], [0, "", undefined]);
    const { spec } = created;
    assert.ok(spec?.target.case === "webhook");
    const { url, signingSecret } = spec.target.value;
    assert.deepEqual([url, signingSecret], ["https://example.com/hook?team=billing", ""]);
    assert.deepEqual([spec.groupBy, spec.skipResolved, spec.maxAlerts], [["alertname", "service"], true, 7]);
    assert.deepEqual([spec.groupWait?.seconds, spec.groupWait?.nanos], [1n, 500_000_000]);
    assert.equal(spec.groupInterval, undefined);
    const { channels: listed } = await alerting.client.listChannels({ pageSize: 1_000 });
    assert.deepEqual(
      listed.find(({ channelId }) => channelId === created.channelId),
      created,
    );
    assert.ok(!JSON.stringify(listed, (_, value) => String(value)).includes(secret));
  });

  test("of Slack shows only the origin of its address", async () => {
    const { spec } = await create({ target: { case: "slack", value: { url: slackUrl, room: "#billing" } } });
    assert.deepEqual(spec?.target.case === "slack" && [spec.target.value.url, spec.target.value.room], [
      "https://hooks.slack.com",
      "#billing",
    ]);
  });

  test("is created once, however often the call is repeated; another of the same id is refused", async () => {
    const channelId = "repeated";
    const spec = webhook("https://example.com/a", secret);
    const calls = await Promise.all(
      Array.from({ length: 5 }, () => alerting.client.createChannel({ channelId, spec })),
    );
    for (const { channel } of calls) assert.deepEqual(channel, calls[0]?.channel);
    const other = alerting.client.createChannel({ channelId, spec: webhook("https://example.com/b") });
    assert.deepEqual((await refusalOf(other)).reason, "CHANNEL_EXISTS");
  });

  test("keeps its secret in an update that leaves it empty, and loses it on demand", async () => {
    const { channelId } = await create(webhook("https://example.com/a", secret));
    const update = (spec: Spec, expectedVersion: bigint) =>
      alerting.client.updateChannel({ channelId, spec, expectedVersion });
    const moved = await update(webhook("https://example.com/b"), 1n);
    assert.deepEqual([moved.channel?.version, moved.channel?.signingSecretSet], [2n, true]);
    assert.deepEqual((await update(webhook("https://example.com/b"), 1n)).channel, moved.channel);
    const removing: Spec = {
      target: { case: "webhook", value: { url: "https://example.com/b", removeSigningSecret: true } },
    };
    assert.equal((await refusalOf(update(removing, 1n))).reason, "VERSION_MISMATCH");
    assert.equal((await update(removing, 2n)).channel?.signingSecretSet, false);
    const contradiction: Spec = {
      target: {
        case: "webhook",
        value: { url: "https://example.com/b", signingSecret: secret, removeSigningSecret: true },
      },
    };
    assert.equal((await refusalOf(update(contradiction, 3n))).reason, "REQUEST_INVALID");
  });

  test("of Slack keeps its address in an update, and needs one when it becomes one of Slack", async () => {
    const empty: Spec = { target: { case: "slack", value: { url: "", room: "#other" } } };
    const slack = await create({ target: { case: "slack", value: { url: slackUrl } } });
    const update = (channelId: string) =>
      alerting.client.updateChannel({ channelId, spec: empty, expectedVersion: 1n });
    const { channel } = await update(slack.channelId);
    assert.equal(
      channel?.spec?.target.case === "slack" && channel.spec.target.value.url,
      "https://hooks.slack.com",
    );
    assert.deepEqual((await refusalOf(update((await create()).channelId))).fields, ["spec.slack.url"]);
    assert.deepEqual((await refusalOf(create(empty))).fields, ["spec.slack.url"]);
  });

  test("is deleted once, by who knows its version, and can be created anew", async () => {
    const { channelId } = await create();
    const remove = (expectedVersion: bigint) => alerting.client.deleteChannel({ channelId, expectedVersion });
    assert.equal((await refusalOf(remove(7n))).reason, "VERSION_MISMATCH");
    assert.equal((await remove(1n)).deleted, true);
    assert.equal((await remove(1n)).deleted, false);
    const spec: Spec = { target: { case: "log", value: {} } };
    const unknown = alerting.client.updateChannel({ channelId, spec, expectedVersion: 1n });
    assert.equal((await refusalOf(unknown)).reason, "CHANNEL_NOT_FOUND");
    const { channel } = await alerting.client.createChannel({ channelId, spec });
    assert.ok((channel?.version ?? 0n) > 1n);
  });

  const refused: ReadonlyArray<[url: string, host: string]> = [
    ["http://127.0.0.1/hook", "127.0.0.1"],
    ["http://localhost:8080/hook", "localhost:8080"],
    ["http://[::1]/hook", "[::1]"],
    ["http://169.254.169.254/latest/meta-data", "169.254.169.254"],
    ["http://2130706433/hook", "127.0.0.1"],
    ["http://10.1.2.3:8443/", "10.1.2.3:8443"],
  ];
  for (const [url, host] of refused) {
    test(`may not lie at ${url}`, async () => {
      const { reason, metadata } = await refusalOf(create(webhook(url)));
      assert.deepEqual([reason, metadata.host], ["CHANNEL_URL_NOT_ALLOWED", host]);
    });
  }

  test("may lie at a private host that the configuration allows", async () => {
    await create(webhook("http://hooks.internal:9000/a"));
  });

  test("with an expression that does not compile is refused", async () => {
    const matchers = [{ label: "severity", operator: MatchOperator.MATCHES, value: "(" }];
    const call = create({ target: { case: "log", value: {} }, matchers });
    assert.deepEqual((await refusalOf(call)).metadata.value, "(");
  });

  test("beyond the hundredth is refused", async () => {
    await using own = await startRedis();
    await using full = await startTestAlerting({ redisUrl: own.url });
    const spec: Spec = { target: { case: "log", value: {} } };
    for (let index = 0; index < 100; index++)
      await full.client.createChannel({ channelId: `c${index}`, spec });
    const { reason, metadata } = await refusalOf(full.client.createChannel({ channelId: "one-more", spec }));
    assert.deepEqual([reason, metadata.kind, metadata.limit], ["LIMIT_REACHED", "channel", "100"]);
    const first = await full.client.listChannels({ pageSize: 60 });
    const second = await full.client.listChannels({ pageSize: 60, pageToken: first.nextPageToken });
    const ids = [...first.channels, ...second.channels].map(({ channelId }) => channelId);
    assert.deepEqual([ids.length, new Set(ids).size, second.nextPageToken], [100, 100, ""]);
  });

  test("that another instance changed is seen here", async () => {
    await using other = await startTestAlerting({ redisUrl: server.url });
    const { channelId } = await create();
    const { channels: listed } = await other.client.listChannels({ pageSize: 1_000 });
    assert.ok(listed.some((channel) => channel.channelId === channelId));
  });
});

import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { DeliveryState } from "#gen/billing/monitoring/v1/delivery_pb.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { signatureHeader, signBody } from "../../outbound/signature.ts";
import { AlertingStore } from "../../store/alerting/alerting-store.ts";
import { startTestAlerting, type TestAlerting } from "../../testing/test-alerting.ts";

const [key, laterKey, foreignKey] = ["a", "b", "c"].map((letter) => letter.repeat(40)) as [
  string,
  string,
  string,
];
const secret = "signing-secret-of-a-channel";
const slackSecret = "T000/B000/secret-of-slack";

let server: TestRedis;
let receiver: ReturnType<typeof createServer>;
let host: string;
const received: Array<{ readonly request: IncomingMessage; readonly body: string }> = [];

before(async () => {
  server = await startRedis();
  receiver = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({ request, body });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
after(async () => {
  receiver?.close();
  await server?.stop();
});

/** Monitoring's alerting, started with these keys: the current one first. */
function startWith(...channelSecrets: [string, ...string[]]): Promise<TestAlerting> {
  return startTestAlerting({ redisUrl: server.url, allowedHosts: [host], over: { channelSecrets } });
}

const webhook = (signingSecret = "") => ({
  target: { case: "webhook", value: { url: `http://${host}/hook`, signingSecret } } as const,
});
const slack = () => ({ target: { case: "slack", value: { url: `http://${host}/${slackSecret}` } } as const });

/** What a test notification came to; it was signed as it should be if it arrived. */
async function notify({ client }: TestAlerting, channelId: string): Promise<string> {
  const { delivery } = await client.testChannel({ channelId });
  if (delivery?.state !== DeliveryState.DELIVERED) return delivery?.attempts.at(-1)?.error ?? "";
  const { request, body } = received.at(-1)!;
  const header = request.headers[signatureHeader];
  if (header === undefined) return `delivered to ${request.url}`;
  const [, seconds = ""] = /^t=(\d+),/.exec(String(header)) ?? [];
  assert.equal(header, signBody(secret, body, Number(seconds) * 1_000));
  return "delivered and signed";
}

/** Everything that Redis holds, serialised as it stores it. */
async function dumpEverything(redis: Redis): Promise<string> {
  const keys = await redis.command<string[]>("", ["KEYS", "*"]);
  const dumps = await Promise.all(keys.map((name) => readAll(redis, name)));
  return JSON.stringify(dumps);
}

async function readAll(redis: Redis, name: string): Promise<unknown> {
  const type = await redis.command<string>(name, ["TYPE", name]);
  const commands: Readonly<Record<string, string[]>> = {
    string: ["GET", name],
    hash: ["HGETALL", name],
    list: ["LRANGE", name, "0", "-1"],
    set: ["SMEMBERS", name],
    zset: ["ZRANGE", name, "0", "-1"],
    stream: ["XRANGE", name, "-", "+"],
  };
  const command = commands[type];
  assert.ok(command, type);
  return redis.command(name, command);
}

describe("secrets of channels", () => {
  test("are nowhere in Redis, and still sign and send", async () => {
    await using alerting = await startWith(key);
    await alerting.client.createChannel({ channelId: "signed", spec: webhook(secret) });
    await alerting.client.createChannel({ channelId: "slack", spec: slack() });
    await alerting.client.updateChannel({ channelId: "signed", spec: webhook(), expectedVersion: 1n });
    assert.equal(await notify(alerting, "signed"), "delivered and signed");
    assert.equal(await notify(alerting, "slack"), `delivered to /${slackSecret}`);
    const everything = await dumpEverything(alerting.redis);
    assert.ok(everything.includes(host));
    for (const hidden of [secret, slackSecret]) assert.ok(!everything.includes(hidden), hidden);
  });

  test("sealed with a key that is not there fail with its id, and other channels go on", async () => {
    await using alerting = await startWith(foreignKey);
    assert.match(
      await notify(alerting, "signed"),
      /sealed with the key [0-9a-f]{16}, which neither CHANNEL_KEY/,
    );
    assert.ok(
      alerting.logged.some(({ fields }) =>
        JSON.stringify((fields as { err: Error }).err.message).includes("signed"),
      ),
    );
    const { channels } = await alerting.client.listChannels({});
    assert.deepEqual(
      channels.map(({ channelId, signingSecretSet }) => [channelId, signingSecretSet]),
      [
        ["signed", true],
        ["slack", false],
      ],
    );
    await alerting.client.createChannel({ channelId: "other", spec: webhook(secret) });
    assert.equal(await notify(alerting, "other"), "delivered and signed");
    const keep = alerting.client.updateChannel({ channelId: "signed", spec: webhook(), expectedVersion: 2n });
    const refusal = await refusalOf(keep);
    assert.equal(refusal.reason, "REQUEST_INVALID");
    assert.match(refusal.message, /spec\.webhook\.signing_secret/);
    await alerting.client.deleteChannel({ channelId: "other" });
  });

  test("move to a new key at the start, after which the earlier one can go", async () => {
    {
      await using alerting = await startWith(laterKey, key);
      assert.equal(await notify(alerting, "signed"), "delivered and signed");
    }
    await using alerting = await startWith(laterKey);
    assert.equal(await notify(alerting, "signed"), "delivered and signed");
    assert.equal(await notify(alerting, "slack"), `delivered to /${slackSecret}`);
  });

  test("in clear from an earlier release are read, and sealed at the start", async () => {
    const target = { kind: "webhook", url: `http://${host}/hook`, signingSecret: secret } as const;
    {
      await using alerting = await startWith(laterKey);
      const { channels } = new AlertingStore(alerting.redis);
      const { value } = (await channels.get("signed"))!;
      await channels.put("old", { ...value, target }, 0);
    }
    await using later = await startWith(laterKey);
    assert.equal(await notify(later, "old"), "delivered and signed");
    const sealed = await new AlertingStore(later.redis).channels.get("old");
    assert.equal(sealed?.value.target.kind, "sealed");
    assert.ok(!JSON.stringify(sealed).includes(secret));
  });

  test("do not open under the id of another channel", async () => {
    await using alerting = await startWith(laterKey);
    const { channels } = new AlertingStore(alerting.redis);
    const { value } = (await channels.get("signed"))!;
    await channels.put("moved", value, 0);
    await using later = await startWith(laterKey);
    assert.match(await notify(later, "moved"), /channel moved are not as the key [0-9a-f]{16} sealed them/);
  });

  test("leave a channel's history and a deleted channel, at the change or at the next start", async () => {
    const target = { kind: "webhook", url: `http://u:p@${host}/hook`, signingSecret: secret } as const;
    {
      await using alerting = await startWith(laterKey);
      const { client, redis } = alerting;
      await client.createChannel({ channelId: "changed", spec: webhook(secret) });
      await client.updateChannel({
        channelId: "changed",
        spec: webhook("x".repeat(20)),
        expectedVersion: 1n,
      });
      await client.createChannel({ channelId: "deleted", spec: webhook(secret) });
      await client.deleteChannel({ channelId: "deleted" });
      const { channels } = new AlertingStore(redis);
      const kindsOf = async (id: string) =>
        (await channels.history(id, 9)).map(({ value }) => value.target.kind);
      assert.deepEqual(await kindsOf("changed"), ["sealed", "webhook"]);
      assert.deepEqual(await kindsOf("deleted"), ["webhook", "webhook"]);
      // As an earlier release left them, and one version that only a later one can read.
      const { value } = (await channels.get("changed"))!;
      for (const version of [0, 1, 2]) {
        await channels.put("earlier", { ...value, target, description: `at ${version}` }, version);
        await channels.put("earlier-deleted", { ...value, target, description: `at ${version}` }, version);
      }
      await channels.archive("earlier-deleted", 3);
      const [versions = ""] = await redis.command<string[]>("", ["KEYS", "*:documents:channels:versions"]);
      await redis.command(versions, ["HSET", versions, "2:earlier", '1 1 L {"later":true}']);
    }
    await using later = await startWith(laterKey);
    const everything = await dumpEverything(later.redis);
    for (const hidden of [secret, "u:p@"]) assert.ok(!everything.includes(hidden), hidden);
    const { channels } = new AlertingStore(later.redis);
    const first = await channels.get("earlier", 1);
    assert.deepEqual(first?.value.target, { kind: "webhook", url: `http://${host}/hook`, signingSecret: "" });
    assert.equal(first?.value.description, "at 0");
    assert.equal(await notify(later, "earlier"), "delivered and signed");
  });

  test("that an operator sends again make the same version, not another one", async () => {
    await using alerting = await startWith(laterKey);
    const request = { channelId: "repeated", spec: webhook(secret) };
    const [first, second] = [
      await alerting.client.createChannel(request),
      await alerting.client.createChannel(request),
    ];
    assert.deepEqual(second.channel, first.channel);
  });
});

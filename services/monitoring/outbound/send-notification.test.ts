import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import {
  type ScriptedHttpServer,
  type ScriptedReply,
  startScriptedHttpServer,
} from "#platform/testing/scripted-http-server.ts";
import { toWebhookPayload } from "../domain/delivery/notification.ts";
import { createSender } from "./send-notification.ts";

let receiver: ScriptedHttpServer;
before(async () => {
  receiver = await startScriptedHttpServer();
});
after(async () => {
  await receiver?.stop();
});

const atMs = Date.UTC(2026, 3, 14, 9, 0, 0);
const payload = JSON.stringify(
  toWebhookPayload({
    receiver: "on-call",
    groupLabels: { alertname: "DeclineRatioHigh" },
    alerts: [
      {
        alertId: "a1",
        status: "firing",
        labels: { alertname: "DeclineRatioHigh", severity: "critical", currency: "EUR" },
        annotations: { summary: "12 % of <all> calls & more" },
        startsAtMs: atMs - 60_000,
        endsAtMs: undefined,
        generatorUrl: "https://billing.example/alerts/a1",
        fingerprint: "00ff00ff00ff00ff",
      },
      {
        alertId: "a2",
        status: "resolved",
        labels: { alertname: "DeclineRatioHigh", severity: "critical", currency: "USD" },
        annotations: { summary: "2 % of <all> calls & more" },
        startsAtMs: atMs - 120_000,
        endsAtMs: atMs,
        generatorUrl: "",
        fingerprint: "00ff00ff00ff00fe",
      },
    ],
    maxAlerts: 100,
    externalUrl: "https://billing.example",
  }),
);

const allowed = (): OutboundPolicy => ({ allowedHosts: [`127.0.0.1:${receiver.port}`], proxy: {} });
const logged: object[] = [];
function sender(policy = allowed(), timeoutMs = 60_000) {
  const log = { info: ((fields: object) => logged.push(fields)) as never };
  return createSender({ policy, log, now: () => atMs, timeoutMs });
}
const webhook = (path: string, signingSecret = "") =>
  ({ kind: "webhook", url: `${receiver.url}${path}`, signingSecret }) as const;
const signal = new AbortController().signal;
const send = (target: Parameters<ReturnType<typeof sender>>[0]["target"], by = sender()) =>
  by({ deliveryId: "d1", target, payload, signal });

describe("a webhook", () => {
  test("gets Alertmanager's payload, the delivery's id and a signature over time and body", async () => {
    receiver.reply("/signed", {});
    const secret = "0123456789abcdef";
    assert.deepEqual(await send(webhook("/signed", secret)), { ok: true, httpStatus: 200 });
    const request = receiver.requests.findLast(({ path }) => path === "/signed")!;
    assert.equal(request.method, "POST");
    assert.equal(request.headers["content-type"], "application/json");
    assert.equal(request.headers["holdfast-delivery"], "d1");
    const [, time, mac] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers["holdfast-signature"])) ?? [];
    assert.equal(Number(time), atMs / 1_000);
    assert.equal(mac, createHmac("sha256", secret).update(`${time}.${request.body}`).digest("hex"));
    const body = JSON.parse(request.body);
    assert.deepEqual(
      { ...body, alerts: body.alerts.length },
      {
        version: "4",
        groupKey: '{}:{alertname="DeclineRatioHigh"}',
        truncatedAlerts: 0,
        status: "firing",
        receiver: "on-call",
        groupLabels: { alertname: "DeclineRatioHigh" },
        commonLabels: { alertname: "DeclineRatioHigh", severity: "critical" },
        commonAnnotations: {},
        externalURL: "https://billing.example",
        alerts: 2,
      },
    );
    assert.deepEqual(body.alerts[0], {
      status: "firing",
      labels: { alertname: "DeclineRatioHigh", severity: "critical", currency: "EUR" },
      annotations: { summary: "12 % of <all> calls & more" },
      startsAt: "2026-04-14T08:59:00.000Z",
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: "https://billing.example/alerts/a1",
      fingerprint: "00ff00ff00ff00ff",
    });
    assert.equal(body.alerts[1].endsAt, "2026-04-14T09:00:00.000Z");
  });

  test("without a secret is not signed", async () => {
    receiver.reply("/plain", { status: 204 });
    assert.deepEqual(await send(webhook("/plain")), { ok: true, httpStatus: 204 });
    assert.equal(receiver.requests.at(-1)?.headers["holdfast-signature"], undefined);
  });

  const faults: ReadonlyArray<
    [
      what: string,
      reply: ScriptedReply,
      httpStatus: number,
      error: RegExp,
      isFinal: boolean,
      retryAfterMs?: number,
    ]
  > = [
    ["is overloaded", { status: 503 }, 503, /^answered with status 503$/, false],
    ["asks to wait", { status: 429, headers: { "retry-after": "7" } }, 429, /status 429/, false, 7_000],
    ["knows no such path", { status: 404 }, 404, /^answered with status 404$/, true],
    ["refuses the caller", { status: 401 }, 401, /status 401/, true],
    [
      "redirects",
      { status: 302, headers: { location: "/elsewhere" } },
      302,
      /redirect, which is not followed/,
      true,
    ],
    ["stalls", { fault: { kind: "silence" } }, 0, /^timed out after 0\.4 s$/, false],
    ["hangs up", { fault: { kind: "closeWithoutAnswer" } }, 0, /closed|broke|connection/i, false],
    ["speaks no HTTP", { fault: { kind: "rawBytes", bytes: "SSH-2.0\r\n" } }, 0, /./, false],
  ];
  for (const [what, reply, httpStatus, error, isFinal, retryAfterMs] of faults) {
    test(`that ${what} ${isFinal ? "is not asked again" : "is asked again"}`, async () => {
      const path = `/${what.replaceAll(" ", "-")}`;
      receiver.reply(path, reply);
      const by = reply.fault?.kind === "silence" ? sender(allowed(), 400) : sender();
      const outcome = await send(webhook(path), by);
      assert.ok(!outcome.ok);
      assert.match(outcome.error, error);
      assert.deepEqual(
        [outcome.httpStatus, outcome.isFinal, outcome.retryAfterMs],
        [httpStatus, isFinal, retryAfterMs],
      );
      assert.equal(receiver.count("/elsewhere"), 0);
    });
  }

  test("at a private address is not called", async () => {
    const connections = receiver.connectionCount;
    const outcome = await send(webhook("/never"), sender({ allowedHosts: [], ports: "any", proxy: {} }));
    assert.ok(!outcome.ok && outcome.isFinal);
    assert.match(outcome.error, /not public/);
    assert.equal(receiver.connectionCount, connections);
  });
});

test("Slack gets a message with a colour and a link for each alert, its markup escaped", async () => {
  receiver.reply("/slack", { body: "ok" });
  const target = { kind: "slack", url: `${receiver.url}/slack`, room: "#billing" } as const;
  assert.deepEqual(await send(target), { ok: true, httpStatus: 200 });
  const message = JSON.parse(receiver.requests.at(-1)?.body ?? "");
  assert.equal(message.channel, "#billing");
  assert.equal(message.text, "DeclineRatioHigh: 1 firing");
  assert.deepEqual(
    message.attachments.map((each: Record<string, unknown>) => [
      each.color,
      each.title,
      each.title_link,
      each.ts,
    ]),
    [
      ["danger", "Firing: DeclineRatioHigh", "https://billing.example/alerts/a1", atMs / 1_000 - 60],
      ["good", "Resolved: DeclineRatioHigh", undefined, atMs / 1_000],
    ],
  );
  assert.match(message.attachments[0].text, /12 % of &lt;all&gt; calls &amp; more/);
});

test("the log gets one structured line", async () => {
  assert.deepEqual(await send({ kind: "log" }), { ok: true, httpStatus: 0 });
  assert.deepEqual(logged.at(-1), { delivery_id: "d1", notification: JSON.parse(payload) });
});

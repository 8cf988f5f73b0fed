import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { startServiceProcess } from "#platform/testing/service-process.ts";
import { redis, server } from "#platform/testing/shared-redis.ts";
import { accountSummary, startFakeCore } from "./testing/fake-core.ts";

const adminKey = "kR7vN2pX9sB4mQ8wT1yC6zL3dF5gH0jA";

test("the process serves the same statistics over both doors and ends in order", async () => {
  const core = await startFakeCore(redis);
  core.accounts = [accountSummary("a", "USD", { posted: "1.5", funded: "1.5" }, AccountState.FROZEN)];
  const nobody = "http://127.0.0.1:1";
  const admin = startServiceProcess("admin", {
    JWT_SECRET: testSecret,
    ADMIN_KEY: adminKey,
    REDIS_URL: server.url,
    ADMIN_PORT: "0",
    ADMIN_HTTP_PORT: "0",
    CORE_URL: core.baseUrl,
    PRICING_URL: nobody,
    EXCHANGE_URL: nobody,
    MONITORING_URL: nobody,
  });
  try {
    const [rpcPort, httpPort] = [await admin.port(), await admin.port("http")];
    for (const port of [rpcPort, httpPort])
      assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);

    const headers = { "x-admin-key": adminKey };
    // What a busy machine held up is asked again.
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${httpPort}/admin/stats`, { headers });
      const { stats } = (await response.json()) as {
        stats: { accounts?: { total: string; frozen: string }; totals?: Array<{ liabilities: string }> };
      };
      assert.deepEqual([stats.accounts?.total, stats.accounts?.frozen], ["1", "1"]);
      assert.equal(stats.totals?.[0]?.liabilities, "1.5");
    });

    const client = createClient(
      AdminService,
      createGrpcTransport({ baseUrl: `http://127.0.0.1:${rpcPort}` }),
    );
    const authorization = `Bearer ${await testToken({ scopes: ["admin.read"] })}`;
    await eventually(async () => {
      const { stats } = await client.getStats({}, { headers: { authorization } });
      assert.deepEqual([stats?.accounts?.total, stats?.totals[0]?.liabilities], [1n, "1.5"]);
      assert.deepEqual(
        stats?.services.map(({ service, error }) => [service, error === ""]),
        [
          ["core", true],
          ["pricing", false],
          ["exchange", false],
          ["monitoring", false],
          ["admin", true],
        ],
      );
    });

    const webhook = await fetch(`http://127.0.0.1:${httpPort}/webhook`, { method: "POST", body: "{}" });
    const { reason, metadata } = (await webhook.json()) as { reason: string; metadata: object };
    assert.deepEqual([webhook.status, reason], [503, "STRIPE_NOT_CONFIGURED"]);
    assert.deepEqual(metadata, { missing: "STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET" });
    const finance = `Bearer ${await testToken({ scopes: ["admin.read", "admin.support", "admin.finance"] })}`;
    const options = { headers: { authorization: finance } };
    const amount = { currencyCode: "USD", amount: "20" };
    const needingStripe = [
      client.createCheckoutSession({ accountId: "a", amount, idempotencyKey: "k" }, options),
      client.reconcilePayments({}, options),
      client.replayStripeEvent({ eventId: "evt_1", reason: "why not", idempotencyKey: "k" }, options),
      client.refundPayment({ paymentId: "p", reason: "why not", idempotencyKey: "k" }, options),
    ];
    await Promise.all(needingStripe.map((call) => assert.rejects(call, /payments are switched off/)));
    assert.deepEqual((await client.listPayments({}, options)).payments, []);
    assert.deepEqual((await client.listStripeEvents({}, options)).events, []);
  } finally {
    const { code } = await admin.stop();
    assert.equal(code, 0, admin.lines.join("\n"));
    await core.drain();
  }
});

const refusals: Array<{ name: string; environment: Record<string, string>; message: RegExp }> = [
  { name: "an admin key", environment: {}, message: /ADMIN_KEY: is required/ },
  {
    name: "the second key of Stripe",
    environment: { ADMIN_KEY: adminKey, STRIPE_SECRET_KEY: "sk_test_q8Zr2LbV5nT7" },
    message: /STRIPE_WEBHOOK_SECRET: is required because STRIPE_SECRET_KEY is set/,
  },
];
for (const { name, environment, message } of refusals) {
  test(`the process refuses to start without ${name}`, async () => {
    const admin = startServiceProcess("admin", {
      JWT_SECRET: testSecret,
      REDIS_URL: server.url,
      ...environment,
    });
    const { code } = await admin.waitForExit();
    assert.equal(code, 1);
    assert.match(admin.lines.join("\n"), message);
  });
}

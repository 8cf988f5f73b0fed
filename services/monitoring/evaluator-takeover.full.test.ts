import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { ComparisonOperator, NoDataPolicy } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { DeliveryState } from "#gen/billing/monitoring/v1/delivery_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { type ScriptedHttpServer, startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { startServiceProcess } from "#platform/testing/service-process.ts";

const patientMs = 120_000;

let redis: TestRedis;
let receiver: ScriptedHttpServer;
before(async () => {
  redis = await startRedis();
  receiver = await startScriptedHttpServer();
});
after(async () => {
  await receiver?.stop();
  await redis?.stop();
});

async function startMonitoring() {
  const nobody = "http://127.0.0.1:1";
  const process = startServiceProcess("monitoring", {
    JWT_SECRET: testSecret,
    REDIS_URL: redis.url,
    MONITORING_PORT: "0",
    MONITORING_ALLOWED_HOSTS: `127.0.0.1:${receiver.port}`,
    CORE_URL: nobody,
    PRICING_URL: nobody,
    EXCHANGE_URL: nobody,
    ADMIN_URL: nobody,
  });
  const token = await testToken({ scopes: ["monitoring.read", "monitoring.manage"] });
  const transport = createGrpcTransport({
    baseUrl: `http://127.0.0.1:${await process.port()}`,
    interceptors: [
      (next) => (request) => {
        request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return { process, client: createClient(MonitoringService, transport) };
}

type Monitoring = Awaited<ReturnType<typeof startMonitoring>>;

/** A rule that finds no data, which is what it alerts on, and a channel that is told of it. */
async function alertOn({ client }: Monitoring, name: string, forSeconds = 0) {
  const path = `/${name}`;
  receiver.reply(path, {});
  const spec = {
    target: { case: "webhook" as const, value: { url: `${receiver.url}${path}` } },
    matchers: [{ label: "alertname", value: name }],
    groupWait: { seconds: 0n },
    groupInterval: { seconds: 10n },
  };
  const channelId = name.toLowerCase();
  await client.createChannel({ channelId, spec });
  await client.createAlertRule({
    ruleId: channelId,
    spec: {
      alertName: name,
      condition: {
        case: "metric",
        value: {
          query: { metric: "billing_open_holds" },
          operator: ComparisonOperator.GREATER,
          threshold: "0",
        },
      },
      for: { seconds: BigInt(forSeconds) },
      noDataPolicy: NoDataPolicy.ALERT,
      evaluationInterval: { seconds: 10n },
    },
  });
  return channelId;
}

async function alertOf({ client }: Monitoring, ruleId: string) {
  const [alert] = (await client.listAlerts({ ruleId })).alerts;
  assert.ok(alert, `no alert of ${ruleId} yet`);
  return alert;
}

test("another instance evaluates when one is killed: nothing is forgotten, and nobody is told twice", async () => {
  const first = await startMonitoring();
  const second = await startMonitoring();
  try {
    const told = await alertOn(first, "ToldBefore");
    // Until that is noted, whoever takes over sends it again.
    await eventually(async () => {
      const { deliveries } = await first.client.listDeliveries({ channelId: told });
      assert.deepEqual(
        deliveries.map(({ state }) => state),
        [DeliveryState.DELIVERED],
      );
    }, patientMs);
    assert.equal(receiver.count("/ToldBefore"), 1);
    // Last, so that it still waits when the kill comes, however slow the machine.
    const waiting = await alertOn(first, "StillPending", 15);
    const pending = await eventually(() => alertOf(first, waiting));
    assert.equal(pending.state, AlertState.PENDING);
    first.process.signal("SIGKILL");
    await first.process.waitForExit();
    // Whichever of them evaluated, the other one may have to wait for the end of its lease.
    const firing = await eventually(async () => {
      const alert = await alertOf(second, waiting);
      assert.equal(alert.state, AlertState.FIRING);
      return alert;
    }, patientMs);
    assert.deepEqual([firing.alertId, firing.activeAt], [pending.alertId, pending.activeAt]);
    await eventually(() => assert.equal(receiver.count("/StillPending"), 1));
    await alertOn(second, "AfterTheKill");
    await eventually(() => assert.equal(receiver.count("/AfterTheKill"), 1));
    assert.equal(receiver.count("/ToldBefore"), 1);
    assert.equal(receiver.count("/StillPending"), 1);
    assert.equal((await alertOf(second, told)).state, AlertState.FIRING);
    const { health } = await second.client.getSystemHealth({});
    assert.match(health?.evaluation?.evaluator ?? "", new RegExp(`/${second.process.pid}$`));
    assert.ok(health?.evaluation?.lastSuccessAt);
  } finally {
    first.process.signal("SIGKILL");
    const { code } = await second.process.stop();
    assert.equal(code, 0, second.process.lines.join("\n"));
  }
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { ComparisonOperator, NoDataPolicy } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { ApplyPolicy, FeedFormat } from "#gen/billing/pricing/v1/price_source_pb.ts";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { type ScriptedHttpServer, startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import { type ServiceProcess, startServiceProcess } from "#platform/testing/service-process.ts";
import { litellmList } from "../services/pricing/testing/litellm-list.ts";
import { type ServiceName, serviceNames } from "../tools/local/ports.ts";
import { readMetricsPage } from "./monitoring/metrics-page.ts";
import { countChanged, openAccounts, spentOf, startCharging } from "./testing/charging-load.ts";
import { type Clients, clientsWith } from "./testing/services.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

const patientMs = 120_000;

let stack: TestStack;
let web: ScriptedHttpServer;
const second = new Map<ServiceName, { process: ServiceProcess; url: string }>();
/** The first instances, the second ones, and all of them in turn. */
let firsts: Clients;
let seconds: Clients;
let all: Clients;

before(async () => {
  web = await startScriptedHttpServer();
  stack = await startTestStack({
    MONITORING_ALLOWED_HOSTS: `127.0.0.1:${web.port}`,
    PRICING_FEED_ALLOW_PRIVATE: "true",
    LOG_FORMAT: "json",
  });
  const given = Object.entries(stack.environment).filter((entry): entry is [string, string] => !!entry[1]);
  const ports = ["CORE", "PRICING", "EXCHANGE", "MONITORING", "ADMIN", "ADMIN_HTTP"].map((name) => [
    `${name}_PORT`,
    "0",
  ]);
  const environment: Record<string, string> = Object.fromEntries([...given, ...ports]);
  await Promise.all(
    serviceNames.map(async (name) => {
      const process = startServiceProcess(name, environment);
      second.set(name, { process, url: `http://127.0.0.1:${await process.port()}` });
    }),
  );
  const token = await stack.token();
  const transportTo = (baseUrl: string) => createGrpcTransport({ baseUrl, defaultTimeoutMs: 60_000 });
  const at = serviceNames.map((name) => {
    const [one, two] = [transportTo(stack.url(name)), transportTo(second.get(name)!.url)];
    return [name, { one, two, turns: inTurn([one, two]) }] as const;
  });
  const doors = new Map(at);
  const clientsOver = (pick: (door: { one: Transport; two: Transport; turns: Transport }) => Transport) =>
    clientsWith({ of: (door) => pick(doors.get(door)!), close: () => {} }, token);
  firsts = clientsOver(({ one }) => one);
  seconds = clientsOver(({ two }) => two);
  all = clientsOver(({ turns }) => turns);
});
after(async () => {
  await Promise.all([...second.values()].map(({ process }) => process.stop()));
  await stack?.stop();
  await web?.stop();
});

/** Every call goes to the next one. */
function inTurn(transports: readonly Transport[]): Transport {
  let turn = 0;
  const next = () => transports[turn++ % transports.length]!;
  return {
    unary: (...call) => next().unary(...call),
    stream: (...call) => next().stream(...call),
  };
}

test("charges through two instances of Core, each with both, are made once", async () => {
  const accountIds = await openAccounts(all.core, "charged", 4);
  // Both charge the same numbers with the same keys on the same accounts at the same time.
  const loads = [
    startCharging([firsts.core, seconds.core], accountIds),
    startCharging([seconds.core, firsts.core], accountIds),
  ];
  await waitUntil("charges", () => loads.every(({ acknowledged }) => acknowledged.size > 300), patientMs);
  const sent = Math.max(...(await Promise.all(loads.map((load) => load.stop()))));
  for (const { acknowledged, failedCalls } of loads) {
    assert.equal(failedCalls, 0);
    assert.equal(await countChanged(all.core, accountIds, acknowledged), 0);
  }
  assert.deepEqual(await spentOf(all.core, accountIds), { charges: sent, inconsistent: [] });
});

test("two sweepers end each hold once", async () => {
  const [accountId = ""] = await openAccounts(all.core, "held", 1);
  const count = 60;
  const hold = async (number: number) => {
    const { reservation } = await all.core.reserve({
      accountId,
      price: { case: "amount", value: { money: { currencyCode: "USD", amount: "1" } } },
      holdTtl: { seconds: 1n },
      onExpiry: number % 3 === 0 ? 2 : 1,
      idempotencyKey: `hold-${number}`,
    });
    return reservation!.reservationId;
  };
  const holds = await Promise.all(Array.from({ length: count }, (_, number) => hold(number)));
  await eventually(async () => {
    const { reservations } = await all.core.listReservations({ accountId, state: ReservationState.HELD });
    assert.equal(reservations.length, 0);
  }, patientMs);
  const { transactions } = await all.core.listTransactions({
    accountId,
    types: [TransactionType.HOLD_EXPIRED],
    pageSize: 1_000,
  });
  assert.deepEqual(transactions.map(({ reservationId }) => reservationId).sort(), holds.sort());
  assert.deepEqual(await spentOf(all.core, [accountId]), { charges: (count / 3) * 100, inconsistent: [] });
});

test("two evaluators tell of an alert once", async () => {
  web.reply("/alert", {});
  await all.monitoring.createChannel({
    channelId: "once",
    spec: {
      target: { case: "webhook", value: { url: `${web.url}/alert` } },
      groupWait: { seconds: 0n },
      groupInterval: { seconds: 10n },
      matchers: [{ label: "alertname", value: "Once" }],
    },
  });
  await all.monitoring.createAlertRule({
    ruleId: "once",
    spec: {
      alertName: "Once",
      condition: {
        case: "metric",
        value: {
          query: { metric: "billing_charges_total", matchers: [{ label: "currency", value: "XXX" }] },
          operator: ComparisonOperator.GREATER,
          threshold: "0",
        },
      },
      noDataPolicy: NoDataPolicy.ALERT,
      evaluationInterval: { seconds: 10n },
    },
  });
  await eventually(() => assert.equal(web.count("/alert"), 1), patientMs);
  const toldAtMs = Date.now();
  await eventually(async () => {
    const { health } = await all.monitoring.getSystemHealth({});
    assert.ok(Number(health?.evaluation?.lastSuccessAt?.seconds) * 1_000 > toldAtMs + 21_000);
  }, patientMs);
  assert.equal(web.count("/alert"), 1);
  const { alerts } = await all.monitoring.listAlerts({ ruleId: "once" });
  assert.deepEqual(
    alerts.map(({ state }) => state),
    [AlertState.FIRING],
  );
});

test("two schedulers fetch a price feed once", async () => {
  web.reply("/feed.json", { body: litellmList({ a: "1" }) });
  await all.pricing.createPriceSource({
    sourceId: "feed",
    settings: {
      format: FeedFormat.LITELLM,
      location: { case: "url", value: `${web.url}/feed.json` },
      priceIdPrefix: "feed/",
      applyPolicy: ApplyPolicy.WITHIN_GUARD,
      syncInterval: { seconds: 300n },
    },
  });
  const usage = { priceId: "feed/acme/a", quantities: { input_tokens: "1000000" } };
  for (const { pricing } of [firsts, seconds]) {
    await eventually(async () => {
      const { priced } = await pricing.calculatePrice({ usage });
      assert.equal(priced?.exactTotal, "1");
    }, patientMs);
  }
  // Another source, due now, is fetched as well: so both have looked again at the first.
  for (const sourceId of ["later", "latest"]) {
    web.reply(`/${sourceId}.json`, { body: litellmList({ a: "1" }) });
    await all.pricing.createPriceSource({
      sourceId,
      settings: {
        format: FeedFormat.LITELLM,
        location: { case: "url", value: `${web.url}/${sourceId}.json` },
        priceIdPrefix: `${sourceId}/`,
        syncInterval: { seconds: 300n },
      },
    });
    await waitUntil(`the fetch of ${sourceId}`, () => web.count(`/${sourceId}.json`) > 0, patientMs);
  }
  assert.equal(web.count("/feed.json"), 1);
  const { imports } = await all.pricing.listImports({ sourceId: "feed" });
  assert.equal(imports.length, 1);
});

test("two readers of the outboxes count every entry once", async () => {
  let entries = 0;
  for (let pageToken = ""; ; ) {
    const page = await all.core.listAccounts({ pageSize: 1_000, pageToken });
    entries += page.accounts.reduce((sum, { balance }) => sum + Number(balance!.sequence), 0);
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  for (const url of [stack.url("monitoring"), second.get("monitoring")!.url]) {
    await eventually(async () => {
      const page = await readMetricsPage(url);
      const counted = [...page].filter(([name]) => name.startsWith("billing_ledger_entries_total"));
      assert.equal(
        counted.reduce((sum, [, value]) => sum + Number(value), 0),
        entries,
      );
    }, patientMs);
  }
});

test("what Admin does by one instance the other answers again", async () => {
  const [accountId = ""] = await openAccounts(all.core, "corrected", 1);
  const request = {
    accountId,
    amount: { currencyCode: "USD", amount: "1.5" },
    reason: "a correction",
    idempotencyKey: "correct-once",
  };
  const [one, two] = await Promise.all([firsts, seconds].map(({ admin }) => admin.adjustBalance(request)));
  assert.equal(one?.adjustment?.transactionId, two?.adjustment?.transactionId);
  const { balance } = await all.core.getBalance({ accountId });
  assert.equal(balance?.available?.amount, "1.5");
});

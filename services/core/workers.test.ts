import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { type ServiceProcess, startServiceProcess } from "#platform/testing/service-process.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { newPeerScript, startFakePeers } from "./testing/fake-peers.ts";
import type { CoreClient } from "./testing/running-core.ts";

/** A machine under load starts three processes in this time. */
const startWithinMs = 120_000;

let server: TestRedis;
let redis: Redis;
let peers: Awaited<ReturnType<typeof startFakePeers>>;
let core: ServiceProcess;
let baseUrl: string;
let token: string;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  peers = await startFakePeers(redis, newPeerScript());
  core = startServiceProcess("core", {
    JWT_SECRET: testSecret,
    CORE_PORT: "0",
    WORKERS: "2",
    REDIS_URL: server.url,
    ...peers.environment,
  });
  const port = await eventually(() => core.port(), startWithinMs);
  baseUrl = `http://127.0.0.1:${port}`;
  token = await testToken({ scopes: ["core.read", "core.charge", "core.fund", "core.manage"] });
  await readWholeMetrics();
});

after(async () => {
  await core?.stop();
  await peers?.stop();
  await redis?.close();
  await server?.stop();
});

/** A client with a connection of its own. */
function connect(): CoreClient {
  const transport = createGrpcTransport({
    baseUrl,
    interceptors: [
      (next) => (request) => {
        request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return createClient(BillingCoreService, transport);
}

async function readMetrics(): Promise<string> {
  const page = await fetch(`${baseUrl}/metrics`, { headers: { connection: "close" } });
  assert.equal(page.status, 200);
  return page.text();
}

function workersOn(page: string): string[] {
  const found = page.matchAll(/^billing_rpc_in_flight\{.*worker="(\d+)"/gm);
  return [...found].map(([, place]) => place!).sort();
}

/** The page, of which a worker is left out that does not answer within a second. */
function readWholeMetrics(): Promise<string> {
  return eventually(async () => {
    const page = await readMetrics();
    assert.deepEqual(workersOn(page), ["1", "2"]);
    return page;
  }, startWithinMs);
}

/** Calls of a method that went well, on all workers of the page. */
function countCalls(page: string, method: string): number {
  const lines = page.matchAll(
    new RegExp(`^billing_rpc_requests_total\\{method="[^"]*/${method}",code="ok",.* (\\d+)$`, "gm"),
  );
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Processes of the workers, as the log names them: at each place the last one that came to serve. */
function workerPids(): number[] {
  const pids = new Map<number, number>();
  for (const line of core.lines.filter((text) => text.includes('"workerPid"'))) {
    const { place, workerPid } = JSON.parse(line) as { place: number; workerPid: number };
    pids.set(place, workerPid);
  }
  return [...pids.values()];
}

async function openAccount(accountId: string): Promise<void> {
  const client = connect();
  await client.createAccount({ accountId, currencyCode: "USD" });
  const amount = { currencyCode: "USD", amount: "1000" };
  await client.credit({ accountId, amount, source: "admin", idempotencyKey: "fund" });
}

const chargeOf = (accountId: string, idempotencyKey: string) => ({
  accountId,
  idempotencyKey,
  price: { case: "amount" as const, value: { money: { currencyCode: "USD", amount: "0.01" } } },
});

test("the metrics page of any worker shows the calls of all", async () => {
  await openAccount("counted");
  const clients = Array.from({ length: 8 }, connect);
  for (const client of clients)
    for (let count = 0; count < 5; count++)
      await eventually(() => client.getBalance({ accountId: "counted" }), startWithinMs);
  for (let page = 0; page < 6; page++) assert.equal(countCalls(await readWholeMetrics(), "GetBalance"), 40);
});

test("a killed worker is followed by another one, and no acknowledged call is lost", async () => {
  await openAccount("survivor");
  const acknowledged = new Map<string, string>();
  let mayStop = false;
  const charge = async (number: number) => {
    let client = connect();
    for (let count = 0; !mayStop || count < 20; count++) {
      const key = `${number}-${count}`;
      // A caller whose connection was cut, or was on its way to the killed worker and is served by nobody (Node
      // leaves it open), sends the same call again over another one.
      const { transaction } = await eventually(async () => {
        try {
          return await client.charge(chargeOf("survivor", key), { timeoutMs: 10_000 });
        } catch (error) {
          client = connect();
          throw error;
        }
      }, startWithinMs);
      acknowledged.set(key, transaction!.transactionId);
    }
  };
  const charging = Promise.all([1, 2, 3, 4].map(charge));
  await eventually(() => assert.ok(acknowledged.size >= 20), startWithinMs);
  const [killed, other] = workerPids();
  process.kill(killed!, "SIGKILL");
  await eventually(async () => {
    const pids = workerPids();
    assert.equal(pids.length, 2);
    assert.ok(pids.includes(other!) && !pids.includes(killed!));
    assert.deepEqual(workersOn(await readMetrics()), ["1", "2"]);
  }, startWithinMs);
  mayStop = true;
  await charging;

  const client = connect();
  assert.equal(new Set(acknowledged.values()).size, acknowledged.size);
  const { balance } = await client.getBalance({ accountId: "survivor" });
  assert.equal(Number(balance!.spent!.amount), acknowledged.size / 100);
  for (const [key, transactionId] of acknowledged) {
    const again = await client.charge(chargeOf("survivor", key));
    assert.ok(again.idempotentReplay);
    assert.equal(again.transaction!.transactionId, transactionId);
  }
});

test("SIGTERM ends the workers in order", async () => {
  const pids = workerPids();
  assert.deepEqual(await core.stop(), { code: 0, signal: null });
  await eventually(() => {
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });
});

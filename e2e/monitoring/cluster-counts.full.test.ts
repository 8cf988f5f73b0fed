import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedisCluster, type TestRedisCluster } from "#platform/testing/redis-cluster.ts";
import { type ServiceProcess, startServiceProcess } from "#platform/testing/service-process.ts";
import { type Clients, clientsWith, type GrpcTransports, openGrpcTransports } from "../testing/services.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import { askMonitoring, assertEqualCounts } from "./compare-counts.ts";
import { startLedgerLoad } from "./ledger-load.ts";

const patientMs = 120_000;

let cluster: TestRedisCluster;
let stack: TestStack;
let transports: GrpcTransports;
let clients: Clients;
let second: ServiceProcess;
let secondUrl: string;

before(async () => {
  cluster = await startRedisCluster(3);
  stack = await startTestStack({ REDIS_URL: cluster.urls.join(","), REDIS_CLUSTER: "true" });
  transports = openGrpcTransports(stack);
  clients = clientsWith(transports, await stack.token());
  const given = Object.entries(stack.environment).filter((entry): entry is [string, string] => !!entry[1]);
  second = startServiceProcess("monitoring", {
    ...Object.fromEntries(given),
    MONITORING_PORT: "0",
    // Its port is read from its log.
    LOG_FORMAT: "json",
  });
  secondUrl = `http://127.0.0.1:${await second.port()}`;
});
after(async () => {
  transports?.close();
  await second?.stop();
  await stack?.stop();
  await cluster?.stop();
});

test("two Monitorings on a cluster of three primaries count each event once although one is killed under load", async () => {
  const load = await startLedgerLoad(clients.core, 8);
  const urls = [stack.url("monitoring"), secondUrl];
  // Each leads some of the shards by now, and both show the same figures.
  for (const url of urls)
    await eventually(async () => assert.ok((await askMonitoring(url)).sums.entries > 0), patientMs);
  // Time itself is what is drawn: the kill comes at any moment of the work.
  await pause(200 + Math.random() * 800);
  await stack.kill("monitoring");
  const before = (await askMonitoring(secondUrl)).sums.entries;
  // The other one takes over what was the killed one's, while events go on coming.
  await eventually(
    async () => assert.ok((await askMonitoring(secondUrl)).sums.entries > before + 200),
    patientMs,
  );
  await load.stop();
  await assertEqualCounts(clients.core, secondUrl, load.accountIds);
  await stack.restart("monitoring");
  for (const url of urls) await assertEqualCounts(clients.core, url, load.accountIds);
});

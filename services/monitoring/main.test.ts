import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testSecret } from "#platform/testing/service.ts";
import { startServiceProcess } from "#platform/testing/service-process.ts";

let redis: TestRedis;

before(async () => {
  redis = await startRedis();
});

after(async () => {
  await redis?.stop();
});

test("the process serves, says how its peers stand, and ends in order", async () => {
  const nobody = "http://127.0.0.1:1";
  const monitoring = startServiceProcess("monitoring", {
    JWT_SECRET: testSecret,
    REDIS_URL: redis.url,
    MONITORING_PORT: "0",
    CORE_URL: nobody,
    PRICING_URL: nobody,
    EXCHANGE_URL: nobody,
    ADMIN_URL: nobody,
  });
  try {
    const port = await monitoring.port();
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      assert.equal(response.status, 200);
      const { service, peers } = (await response.json()) as { service: string; peers: object };
      assert.equal(service, "monitoring");
      const refused = "does not answer: the connection was refused";
      assert.deepEqual(peers, { core: refused, pricing: refused, exchange: refused, admin: refused });
    });
  } finally {
    const { code } = await monitoring.stop();
    assert.equal(code, 0, monitoring.lines.join("\n"));
  }
});

test("the process says what its configuration lacks", async () => {
  const monitoring = startServiceProcess("monitoring", { REDIS_URL: redis.url, JWT_SECRET: "short" });
  const { code } = await monitoring.waitForExit();
  assert.equal(code, 1);
  assert.match(monitoring.lines.join("\n"), /holdfast monitoring cannot start: .*\n.*JWT_SECRET/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { forEachLine } from "#platform/testing/for-each-line.ts";
import { startRedis } from "#platform/testing/redis-server.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { spawnTethered } from "#platform/testing/tethered-process.ts";

const main = new URL("./main.ts", import.meta.url).pathname;

function startProcess(environment: Record<string, string>) {
  const child = spawnTethered(process.execPath, [main], {
    environment: { PATH: process.env.PATH, PRICING_PORT: "0", ...environment },
  });
  const lines: string[] = [];
  forEachLine(child.stdout, (line) => lines.push(line));
  forEachLine(child.stderr, (line) => lines.push(line));
  return { child, lines };
}

/** What it logs with a field, once it has. */
function logged(lines: readonly string[], field: string): Promise<Record<string, unknown>> {
  return eventually(() => {
    const entry = lines
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find((each) => field in each);
    assert.ok(entry, `no ${field} in:\n${lines.join("\n")}`);
    return entry;
  });
}

test("the process serves, says which prices it has, is ready while Redis is there, and ends in order", async () => {
  await using redis = await startRedis();
  const { child, lines } = startProcess({
    JWT_SECRET: testSecret,
    REDIS_URL: redis.url,
    PRICING_ALLOW_BUNDLED: "true",
  });
  try {
    const { port } = await logged(lines, "port");
    const { catalogue, date, prices } = await logged(lines, "catalogue");
    assert.deepEqual([catalogue, date, prices], ["litellm-2026-08-06", "2026-08-06", 2_486]);
    const baseUrl = `http://127.0.0.1:${port}`;
    const readyStatus = async () => (await fetch(`${baseUrl}/readyz`)).status;
    // On a busy machine Redis may answer one look too late.
    await eventually(async () => assert.equal(await readyStatus(), 200));

    const client = createClient(PricingService, createGrpcTransport({ baseUrl }));
    const { priced } = await client.calculatePrice(
      { usage: { priceId: "openai/gpt-4o", quantities: { input_tokens: "1000" } } },
      { headers: { authorization: `Bearer ${await testToken({ scopes: ["pricing.calculate"] })}` } },
    );
    assert.equal(priced?.exactTotal, "0.0025");

    await redis.kill();
    await eventually(async () => assert.equal(await readyStatus(), 503));
    await redis.restart();
    await eventually(async () => assert.equal(await readyStatus(), 200));
    assert.deepEqual(await child.terminate(60_000), { code: 0, signal: null });
  } finally {
    child.signal("SIGKILL");
    await child.waitForExit();
  }
});

test("without a secret it does not start and says what is missing", async () => {
  const { child, lines } = startProcess({});
  assert.equal((await child.waitForExit()).code, 1);
  await eventually(() => assert.match(lines.join("\n"), /JWT_SECRET: is required/));
});

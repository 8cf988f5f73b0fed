import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { forEachLine } from "#platform/testing/for-each-line.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { spawnTethered, type TetheredProcess } from "#platform/testing/tethered-process.ts";

const startWithinMs = 120_000;
const stopWithinMs = 60_000;
let redis: TestRedis;

before(async () => {
  redis = await startRedis();
});

after(async () => {
  await redis?.stop();
});

interface Exchange extends AsyncDisposable {
  readonly process: TetheredProcess;
  readonly lines: string[];
  /** Once it serves. */
  baseUrl(): Promise<string>;
}

function startExchange(environment: Record<string, string> = {}): Exchange {
  const process = spawnTethered(globalThis.process.execPath, [join(import.meta.dirname, "main.ts")], {
    environment: {
      PATH: globalThis.process.env.PATH,
      JWT_SECRET: testSecret,
      REDIS_URL: redis.url,
      EXCHANGE_PORT: "0",
      EXCHANGE_REFRESH: "false",
      SHUTDOWN_GRACE_MS: "1000",
      ...environment,
    },
  });
  const lines: string[] = [];
  forEachLine(process.stdout, (line) => lines.push(line));
  forEachLine(process.stderr, (line) => lines.push(line));
  return {
    process,
    lines,
    baseUrl: () =>
      eventually(() => {
        const port = /"port":([0-9]+)/.exec(lines.join("\n"))?.[1];
        assert.ok(port !== undefined, `not serving:\n${lines.join("\n")}`);
        return `http://127.0.0.1:${port}`;
      }, startWithinMs),
    async [Symbol.asyncDispose]() {
      await process.terminate(stopWithinMs);
    },
  };
}

async function rateOf(baseUrl: string) {
  const client = createClient(ExchangeRateService, createGrpcTransport({ baseUrl }));
  const authorization = `Bearer ${await testToken({ scopes: ["exchange.read"] })}`;
  return client.getRate({ fromCurrency: "EUR", toCurrency: "USD" }, { headers: { authorization } });
}

describe("the process", () => {
  test("says that it is ready, answers with a bundled rate where that is allowed, and ends on SIGTERM", async () => {
    await using exchange = startExchange({ EXCHANGE_ALLOW_BUNDLED: "true" });
    const baseUrl = await exchange.baseUrl();
    // On a busy machine Redis may answer one look too late.
    await eventually(async () => {
      const ready = await fetch(`${baseUrl}/readyz`);
      const { status } = (await ready.json()) as { status: string };
      assert.deepEqual([ready.status, status], [200, "serving"]);
    });
    assert.match(exchange.lines.join("\n"), /bundled rates up to [0-9-]{10} are used however old/);

    const { rate } = await rateOf(baseUrl);
    assert.deepEqual([rate?.rate?.bundled, rate?.rate?.provider], [true, "ecb"]);
    const metrics = await (await fetch(`${baseUrl}/metrics`)).text();
    assert.match(metrics, /^billing_exchange_rate_age_seconds\{.*provider="ecb".*\} [0-9.e+]+$/m);
    assert.match(metrics, /^billing_exchange_held_rates\{.*provider="ecb".*\} 0$/m);
    assert.deepEqual(await exchange.process.terminate(stopWithinMs), { code: 0, signal: null });
  });

  test("says at start that bundled rates are subject to their age, and refuses them by it", async () => {
    await using exchange = startExchange({ EXCHANGE_MAX_AGE_HOURS: "1" });
    const baseUrl = await exchange.baseUrl();
    assert.match(
      exchange.lines.join("\n"),
      /bundled rates up to [0-9-]{10} are refused once they are 1 h old/,
    );
    await assert.rejects(rateOf(baseUrl), /the latest rate from EUR to USD is of .*, older than allowed/);
  });

  test("is not ready while Redis is away, and is again when it is back", async () => {
    await using exchange = startExchange();
    const baseUrl = await exchange.baseUrl();
    const status = async () => (await fetch(`${baseUrl}/readyz`)).status;
    await eventually(async () => assert.equal(await status(), 200));
    await redis.kill();
    try {
      await eventually(async () => assert.equal(await status(), 503));
    } finally {
      await redis.restart();
    }
    await eventually(async () => assert.equal(await status(), 200));
  });

  const faults = [
    {
      name: "a base currency that there is not",
      environment: { EXCHANGE_BASE_CURRENCY: "XYZ" },
      says: /XYZ/,
    },
    {
      name: "a maximum age of 0",
      environment: { EXCHANGE_MAX_AGE_HOURS: "0" },
      says: /EXCHANGE_MAX_AGE_HOURS: /,
    },
  ];
  for (const { name, environment, says } of faults) {
    test(`refuses to start with ${name}`, async () => {
      await using exchange = startExchange(environment);
      const { code } = await exchange.process.waitForExit();
      assert.equal(code, 1);
      await eventually(() => assert.match(exchange.lines.join("\n"), says));
    });
  }
});

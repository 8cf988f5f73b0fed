import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "../testing/eventually.ts";
import { startRedis, type TestRedis } from "../testing/redis-server.ts";
import { testSecret } from "../testing/service.ts";
import { startServiceProcess } from "../testing/service-process.ts";
import { softwareVersion } from "./start.ts";

let server: TestRedis;

before(async () => {
  server = await startRedis();
});

after(async () => {
  await server?.stop();
});

/** Settings with which nothing can start, and what must be said about it. */
const refused: Array<{ name: string; settings: Record<string, string>; said: RegExp }> = [
  { name: "no secret", settings: {}, said: /JWT_SECRET: is required \(or JWT_SECRET_FILE\)/ },
  { name: "a short secret", settings: { JWT_SECRET: "swordfish-31" }, said: /JWT_SECRET: .*32 characters/ },
  {
    name: "a certificate without its key",
    settings: { JWT_SECRET: testSecret, TLS_CERT: "x" },
    said: /TLS_KEY: TLS needs both/,
  },
  {
    name: "a key set that is none",
    settings: { JWT_SECRET: testSecret, JWT_JWKS: "swordfish-31" },
    said: /JWT_JWKS is not JSON/,
  },
  {
    name: "several faults",
    settings: { JWT_SECRET: "swordfish-31", LOG_LEVEL: "loud", CORE_PORT: "70000" },
    said: /3 faults:\n.*(LOG_LEVEL: must be one of|JWT_SECRET|CORE_PORT)/,
  },
];

describe("a service process does not start with", { concurrency: 2 }, () => {
  for (const { name, settings, said } of refused) {
    test(`${name}: exit code 1 and one readable message`, async () => {
      const process = startServiceProcess("core", {
        REDIS_URL: server.url,
        CORE_PORT: "0",
        LOG_LEVEL: "error",
        ...settings,
      });
      assert.deepEqual(await process.waitForExit(), { code: 1, signal: null });
      const text = await eventually(() => {
        const lines = process.lines.join("\n");
        assert.match(lines, said);
        return lines;
      });
      assert.match(text, /^holdfast core cannot start: /);
      assert.ok(!/\n\s+at |swordfish/.test(text), text);
    });
  }
});

test("the version is that of package.json", () => {
  assert.match(softwareVersion(), /^\d+\.\d+\.\d+/);
});

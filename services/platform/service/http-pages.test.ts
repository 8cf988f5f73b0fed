import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { createHealthState } from "../health/health.ts";
import { createMetrics } from "../observe/metrics.ts";
import { createHttpPages } from "./http-pages.ts";

const health = createHealthState([]);
const metrics = createMetrics("testing");
let peers: () => Promise<Record<string, string>>;
let server: Server;
let baseUrl: string;

before(async () => {
  server = createServer(
    createHttpPages({ service: "testing", version: "1.2.3", health, metrics, peers: () => peers() }),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  peers = async () => ({ pricing: "serving" });
  health.setNotReadyReasons([]);
});

after(() => server.close());

async function get(path: string, method = "GET", headers: Record<string, string> = {}) {
  const response = await fetch(baseUrl + path, { method, headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("operations pages", () => {
  test("/healthz says that the process lives, ready or not", async () => {
    health.setNotReadyReasons(["the store is away"]);
    const { status, text } = await get("/healthz");
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { status: "alive", service: "testing", version: "1.2.3" });
  });

  test("/readyz is 200 when serving, with the peers", async () => {
    const { status, text } = await get("/readyz?verbose");
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), {
      status: "serving",
      service: "testing",
      version: "1.2.3",
      reasons: [],
      peers: { pricing: "serving" },
    });
  });

  test("/readyz is 503 with the reasons when not", async () => {
    health.setNotReadyReasons(["the store is away", "loading"]);
    const { status, text } = await get("/readyz");
    assert.equal(status, 503);
    assert.equal(JSON.parse(text).status, "not serving");
    assert.deepEqual(JSON.parse(text).reasons, ["the store is away", "loading"]);
  });

  test("/readyz does not depend on knowing the peers", async () => {
    peers = () => Promise.reject(new Error("secret internals"));
    const { status, text } = await get("/readyz");
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text).peers, {});
  });

  test("/metrics is the text format that every scraper reads", async () => {
    metrics.recordCall("made.up.Service/Get", "ok", "", 0.003);
    const { status, headers, text } = await get("/metrics");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.ok(!text.includes("# EOF"));
    assert.match(
      text,
      /^# HELP billing_rpc_requests_total \S.*\n# TYPE billing_rpc_requests_total counter$/m,
    );
    assert.match(text, /^billing_rpc_requests_total\{.*method="made\.up\.Service\/Get",code="ok".*\} \d+$/m);
    assert.match(text, /^billing_rpc_duration_seconds_bucket\{.*le="0\.005".*\} \d+$/m);
  });

  for (const [accept, type] of [
    // What Prometheus 3 sends.
    [
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    ],
    ["application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8"],
    ["text/plain, application/openmetrics-text; q=0", "text/plain; version=0.0.4; charset=utf-8"],
    ["text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8"],
    ["*/*", "text/plain; version=0.0.4; charset=utf-8"],
  ] as const) {
    test(`/metrics answers "${accept}" with ${type}`, async () => {
      metrics.recordCall("made.up.Service/Get", "ok", "", 0.003);
      const { headers, text } = await get("/metrics", "GET", { accept });
      assert.equal(headers.get("content-type"), type);
      const isOpenMetrics = type.startsWith("application/");
      assert.equal(text.endsWith("# EOF\n"), isOpenMetrics);
      const family = isOpenMetrics ? "billing_rpc_requests" : "billing_rpc_requests_total";
      assert.ok(text.includes(`\n# TYPE ${family} counter\nbilling_rpc_requests_total{`));
    });
  }

  test("HEAD gives the headers alone", async () => {
    const whole = await get("/readyz");
    const head = await get("/readyz", "HEAD");
    assert.deepEqual([head.status, head.text], [200, ""]);
    assert.equal(head.headers.get("content-length"), whole.headers.get("content-length"));
  });

  for (const path of ["/", "/healthz/", "/readyz/more", "/constructor", "/__proto__", "//metrics"]) {
    test(`${path} is 404 as a problem`, async () => {
      const { status, headers, text } = await get(path);
      assert.equal(status, 404);
      assert.equal(headers.get("content-type"), "application/problem+json");
      assert.equal(JSON.parse(text).status, 404);
    });
  }

  test("a long path is not sent back whole", async () => {
    assert.ok((await get(`/${"x".repeat(5_000)}`)).text.length < 400);
  });

  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
    test(`${method} is 405 and says what is allowed`, async () => {
      const { status, headers } = await get("/readyz", method);
      assert.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"]);
    });
  }

  test("nothing is cached or guessed at", async () => {
    const { headers } = await get("/metrics");
    assert.deepEqual(
      [headers.get("cache-control"), headers.get("x-content-type-options")],
      ["no-store", "nosniff"],
    );
  });
});

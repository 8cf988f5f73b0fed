import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { cors } from "@connectrpc/connect";
import { type CorsOptions, withCors } from "./cors.ts";
import { startServer } from "./server.ts";

const console1 = "https://console.example.com";

async function startCorsServer(
  context: TestContext,
  options: CorsOptions,
): Promise<{ url: string; calls: string[] }> {
  const calls: string[] = [];
  const handler = withCors((request, response) => {
    calls.push(request.method ?? "");
    response.setHeader("content-type", "text/plain");
    response.end("handled");
  }, options);
  const server = await startServer({ host: "127.0.0.1", port: 0, handler });
  context.after(() => server.close({ graceMs: 0 }));
  return { url: `http://127.0.0.1:${server.port}/`, calls };
}

const preflight = (origin: string): RequestInit => ({
  method: "OPTIONS",
  headers: {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,authorization",
  },
});

const list = (value: string | null): string[] => (value ?? "").split(", ").map((name) => name.toLowerCase());

describe("withCors", () => {
  it("answers the preflight of an allowed origin before the handler", async (context) => {
    const { url, calls } = await startCorsServer(context, {
      origins: ["http://localhost:5173", console1],
      requestHeaders: ["Authorization"],
    });
    const response = await fetch(url, preflight(console1));
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("access-control-allow-origin"), console1);
    assert.equal(response.headers.get("access-control-allow-credentials"), null);
    assert.equal(response.headers.get("access-control-max-age"), "7200");
    assert.equal(response.headers.get("vary"), "Origin");
    assert.deepEqual(list(response.headers.get("access-control-allow-methods")), ["post", "get"]);
    const allowed = list(response.headers.get("access-control-allow-headers"));
    for (const name of [...cors.allowedHeaders, "authorization"])
      assert.ok(allowed.includes(name.toLowerCase()), name);
    assert.deepEqual(calls, []);
  });

  it("lets scripts of an allowed origin read the reply and the protocols' headers", async (context) => {
    const { url, calls } = await startCorsServer(context, {
      origins: [console1],
      responseHeaders: ["X-Request-Id"],
    });
    const response = await fetch(url, { method: "POST", headers: { origin: console1 } });
    assert.equal(await response.text(), "handled");
    assert.equal(response.headers.get("access-control-allow-origin"), console1);
    const exposed = list(response.headers.get("access-control-expose-headers"));
    for (const name of [...cors.exposedHeaders, "x-request-id"])
      assert.ok(exposed.includes(name.toLowerCase()), name);
    assert.deepEqual(calls, ["POST"]);
  });

  const foreign = [
    "https://evil.example",
    `${console1}.evil.example`,
    `${console1}:8443`,
    "http://console.example.com",
    "null",
  ];
  for (const origin of foreign) {
    it(`gives nothing to ${origin}`, async (context) => {
      const { url, calls } = await startCorsServer(context, { origins: [console1] });
      const refused = await fetch(url, preflight(origin));
      assert.equal(refused.status, 403);
      assert.deepEqual(calls, []);
      const plain = await fetch(url, { headers: { origin } });
      for (const response of [refused, plain]) {
        assert.equal(response.headers.get("access-control-allow-origin"), null);
        assert.equal(response.headers.get("access-control-expose-headers"), null);
        assert.equal(response.headers.get("vary"), "Origin");
      }
    });
  }

  it("allows every origin with *", async (context) => {
    const { url } = await startCorsServer(context, { origins: ["*"] });
    const response = await fetch(url, preflight("https://anyone.example"));
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("access-control-allow-origin"), "https://anyone.example");
  });

  it("leaves callers that are no browser and plain OPTIONS requests to the handler", async (context) => {
    const { url, calls } = await startCorsServer(context, { origins: [] });
    const response = await fetch(url);
    assert.equal(response.headers.get("access-control-allow-origin"), null);
    await fetch(url, { method: "OPTIONS", headers: { origin: console1 } });
    assert.deepEqual(calls, ["GET", "OPTIONS"]);
  });

  const malformed = [
    "",
    "console.example.com",
    `${console1}/`,
    `${console1}/path`,
    "HTTPS://console.example.com",
    "https://*.example.com",
    "null",
    "file://",
    "ftp://a.example",
  ];
  for (const origin of malformed) {
    it(`does not start with the origin ${JSON.stringify(origin)}`, () => {
      assert.throws(() => withCors(() => {}, { origins: [console1, origin] }), /is no origin/);
    });
  }
});

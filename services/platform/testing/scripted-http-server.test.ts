import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, get as getHttps } from "node:https";
import { after, before, describe, test } from "node:test";
import { eventually } from "./eventually.ts";
import { openRawConnection } from "./raw-connection.ts";
import { type HttpFault, type ScriptedHttpServer, startScriptedHttpServer } from "./scripted-http-server.ts";
import { createSelfSignedCertificate } from "./self-signed-certificate.ts";

let server: ScriptedHttpServer;
before(async () => {
  server = await startScriptedHttpServer();
});
after(() => server.stop());

const get = (path: string, init?: RequestInit) =>
  fetch(`${server.url}${path}`, { redirect: "manual", ...init });

test("replies come in order, the last one for ever, and requests are recorded and counted", async () => {
  server.reply("/two", { status: 503, headers: { "retry-after": "1" } }, { body: "fine" });
  const first = await get("/two?x=1");
  assert.deepEqual([first.status, first.headers.get("retry-after")], [503, "1"]);
  assert.equal(await (await get("/two", { method: "POST", body: "hello" })).text(), "fine");
  assert.equal(await (await get("/two")).text(), "fine");
  assert.equal(server.count("/two"), 3);
  const [, post] = server.requests.filter(({ path }) => path.startsWith("/two"));
  assert.deepEqual([post?.method, post?.body], ["POST", "hello"]);
});

test("a path without a script is 404", async () => {
  assert.equal((await get("/unknown")).status, 404);
});

for (const compression of ["gzip", "br", "deflate"] as const) {
  test(`a body compressed with ${compression} says so and unpacks`, async () => {
    server.reply("/packed", { body: "x".repeat(5_000), compression });
    const response = await get("/packed");
    assert.equal(response.headers.get("content-encoding"), compression);
    assert.equal((await response.text()).length, 5_000);
  });
}

describe("conditional requests", () => {
  const date = "Wed, 21 Oct 2015 07:28:00 GMT";
  const cases: ReadonlyArray<[headers: Record<string, string>, status: number]> = [
    [{}, 200],
    [{ "if-none-match": '"v1"' }, 304],
    [{ "if-none-match": '"v0"' }, 200],
    [{ "if-modified-since": date }, 304],
    [{ "if-modified-since": "Tue, 20 Oct 2015 07:28:00 GMT" }, 200],
    [{ "if-none-match": '"v0"', "if-modified-since": date }, 200],
  ];
  for (const [headers, status] of cases) {
    test(`${JSON.stringify(headers)} is answered ${status}`, async () => {
      server.reply("/tagged", { body: "data", etag: '"v1"', lastModified: date });
      const response = await get("/tagged", { headers });
      assert.equal(response.status, status);
      assert.equal(response.headers.get("etag"), '"v1"');
      assert.equal(await response.text(), status === 200 ? "data" : "");
    });
  }
});

test("a redirect chain has as many hops as asked", async () => {
  server.reply("/end", { body: "arrived" });
  let path: string | null = server.redirectChain("/chain", 3, "/end", 307);
  const statuses: number[] = [];
  while (path !== null) {
    const response: Response = await get(path);
    statuses.push(response.status);
    path = response.headers.get("location");
  }
  assert.deepEqual(statuses, [307, 307, 307, 200]);
});

describe("what a client sees on the wire", () => {
  const cases: ReadonlyArray<{ fault: HttpFault; expected: RegExp }> = [
    { fault: { kind: "closeWithoutAnswer" }, expected: /^$/ },
    { fault: { kind: "truncatedBody", afterBytes: 2 }, expected: /content-length: 4\r\n.*\r\n\r\nda$/s },
    {
      fault: { kind: "wrongContentLength", contentLength: 9 },
      expected: /content-length: 9\r\n.*\r\n\r\ndata$/s,
    },
    {
      fault: { kind: "wrongContentLength", contentLength: 1 },
      expected: /content-length: 1\r\n.*\r\n\r\ndata$/s,
    },
    { fault: { kind: "slowBody", pauseMs: 5 }, expected: /\r\n\r\ndata$/ },
    { fault: { kind: "rawBytes", bytes: "garbage" }, expected: /^garbage$/ },
  ];
  for (const { fault, expected } of cases) {
    test(`under ${JSON.stringify(fault)}, until the server closes`, async () => {
      server.reply("/faulty", { body: "data", fault });
      const connection = await openRawConnection(server.port);
      connection.socket.write("GET /faulty HTTP/1.1\r\nhost: x\r\n\r\n");
      await connection.closed();
      assert.match(connection.received(), expected);
      connection.socket.destroy();
    });
  }
});

test("an endless body goes on until the client leaves", async () => {
  server.reply("/endless", { body: "x".repeat(65_536), fault: { kind: "endlessBody" } });
  const response = await get("/endless");
  let bytes = 0;
  for await (const chunk of response.body!) {
    bytes += chunk.length;
    if (bytes > 3_000_000) break;
  }
  assert.ok(bytes > 3_000_000);
});

test("silence never answers", async () => {
  server.reply("/silent", { fault: { kind: "silence" } });
  server.reply("/beside-silence", { body: "spoken" });
  const waiting = new AbortController();
  const ended = assert.rejects(get("/silent", { signal: waiting.signal }), { name: "AbortError" });
  await eventually(() => assert.equal(server.count("/silent"), 1));
  await get("/beside-silence");
  waiting.abort();
  await ended;
});

test("with a certificate it speaks TLS", async () => {
  const certificate = createSelfSignedCertificate();
  await using secure = await startScriptedHttpServer(certificate);
  secure.reply("/", { body: "secret" });
  const agent = new Agent({ ca: certificate.cert });
  const [response] = (await once(getHttps(`${secure.url}/`, { agent, family: 4 }), "response")) as [
    IncomingMessage,
  ];
  assert.equal((await response.setEncoding("utf8").toArray()).join(""), "secret");
  agent.destroy();
});

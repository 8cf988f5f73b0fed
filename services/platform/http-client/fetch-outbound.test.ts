import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fetchOutbound } from "./fetch-outbound.ts";
import { call, failure, local, modified, server } from "./testing/outbound-servers.ts";

test("an answer comes with status, headers, body and validators", async () => {
  const lastModified = "Wed, 21 Oct 2015 07:28:00 GMT";
  server.reply("/data", { body: "grüße", headers: { "x-list": ["a", "b"] }, etag: '"v1"', lastModified });
  const response = modified(await call("/data?q=1"));
  assert.equal(response.status, 200);
  assert.equal(response.headers["x-list"], "a, b");
  assert.equal(response.text(), "grüße");
  assert.deepEqual(response.validators, { etag: '"v1"', lastModified });
  assert.equal(server.requests.at(-1)?.path, "/data?q=1");
  assert.equal(server.requests.at(-1)?.headers["user-agent"], "holdfast");
});

test("method, headers and body are sent", async () => {
  server.reply("/post", { status: 201 });
  const response = modified(
    await call("/post", { method: "post", headers: { "Content-Type": "text/x" }, body: "hello" }),
  );
  assert.equal(response.status, 201);
  const { method, headers, body } = server.requests.at(-1)!;
  assert.deepEqual([method, headers["content-type"], body], ["POST", "text/x", "hello"]);
});

test("credentials of the URL are sent as Basic authorization", async () => {
  server.reply("/basic", {});
  await fetchOutbound({ url: `http://us%40er:p%3Aw@127.0.0.1:${server.port}/basic` }, local);
  const sent = server.requests.at(-1)?.headers.authorization ?? "";
  assert.equal(Buffer.from(sent.replace("Basic ", ""), "base64").toString(), "us@er:p:w");
});

test("text is read in the charset that the answer names", async () => {
  const headers = { "content-type": "text/csv; charset=iso-8859-1" };
  server.reply("/latin", { body: Buffer.from("caf\xe9", "latin1"), headers });
  assert.equal(modified(await call("/latin")).text(), "café");
  server.reply("/broken", { body: Buffer.from("caf\xe9", "latin1") });
  const broken = modified(await call("/broken"));
  assert.throws(() => broken.text(), { reason: "INVALID_RESPONSE" });
});

describe("conditional requests", () => {
  const lastModified = "Wed, 21 Oct 2015 07:28:00 GMT";
  test("an unchanged answer is notModified, by entity tag and by date", async () => {
    for (const version of [{ etag: '"v7"' }, { lastModified }]) {
      server.reply("/version", { body: "data", ...version });
      const first = modified(await call("/version"));
      const second = await call("/version", { validators: first.validators });
      assert.deepEqual(second, { notModified: true, validators: version });
      const third = modified(await call("/version", { validators: { etag: '"other"' } }));
      assert.equal(third.text(), "data");
    }
  });

  test("a 304 that nobody asked for is an error", async () => {
    server.reply("/odd", { status: 304 });
    assert.equal((await failure(call("/odd"))).status, 304);
  });
});

describe("statuses", () => {
  const cases: ReadonlyArray<[status: number, isTransient: boolean]> = [
    [400, false],
    [401, false],
    [404, false],
    [408, true],
    [429, true],
    [500, true],
    [501, false],
    [503, true],
  ];
  for (const [status, isTransient] of cases) {
    test(`${status} is an error that is ${isTransient ? "" : "not "}transient`, async () => {
      server.reply("/status", { status, body: "y".repeat(2_000), headers: { "retry-after": "3" } });
      const error = await failure(call("/status"));
      assert.deepEqual(
        [error.reason, error.status, error.isTransient, error.retryAfterMs, error.bodyExcerpt?.length],
        ["STATUS", status, isTransient, 3_000, 500],
      );
    });
  }

  test("any status is given back when the caller asks for it", async () => {
    server.reply("/status", { status: 402, body: '{"error":"declined"}' });
    const response = modified(await call("/status", { anyStatus: true }));
    assert.deepEqual([response.status, response.text()], [402, '{"error":"declined"}']);
  });

  test("the status counts even if its body is too large", async () => {
    server.reply("/status", { status: 500, body: "y".repeat(200_000) });
    const error = await failure(call("/status"));
    assert.deepEqual([error.reason, error.status, error.bodyExcerpt], ["STATUS", 500, ""]);
  });
});

describe("bounds of the body", () => {
  for (const compression of ["gzip", "br", "deflate"] as const) {
    test(`${compression} is unpacked`, async () => {
      server.reply("/packed", { body: "x".repeat(100_000), compression });
      assert.equal(modified(await call("/packed")).body.length, 100_000);
    });
    test(`what ${compression} unpacks counts, not what is sent`, async () => {
      server.reply("/bomb", { body: "x".repeat(20_000_000), compression });
      assert.equal((await failure(call("/bomb"))).reason, "TOO_LARGE");
    });
  }

  test("an answer exactly as large as the bound is taken, one byte more is not", async () => {
    server.reply("/full", { body: "x".repeat(100_000) });
    assert.equal(modified(await call("/full")).body.length, 100_000);
    server.reply("/full", { body: "x".repeat(100_001) });
    assert.equal((await failure(call("/full"))).reason, "TOO_LARGE");
  });

  test("an answer that announces too much is refused before its body comes", async () => {
    server.reply("/full", { body: "x".repeat(100_001), fault: { kind: "slowBody", pauseMs: 50 } });
    assert.equal((await failure(call("/full"))).reason, "TOO_LARGE");
  });

  test("a HEAD answer announces a length and has no body", async () => {
    server.reply("/head", { headers: { "content-length": 5_000_000, "content-encoding": "gzip" } });
    assert.equal(modified(await call("/head", { method: "HEAD" })).body.length, 0);
  });
});

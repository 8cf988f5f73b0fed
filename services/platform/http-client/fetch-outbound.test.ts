import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type ScriptedHttpServer,
  type ScriptedReply,
  startScriptedHttpServer,
} from "../testing/scripted-http-server.ts";
import { createSelfSignedCertificate } from "../testing/self-signed-certificate.ts";
import { fetchOutbound, type OutboundRequest, type OutboundResponse } from "./fetch-outbound.ts";
import { OutboundError, type OutboundReason } from "./outbound-error.ts";
import type { OutboundPolicy } from "./outbound-policy.ts";

let server: ScriptedHttpServer;
let other: ScriptedHttpServer;
before(async () => {
  server = await startScriptedHttpServer();
  other = await startScriptedHttpServer();
});
after(async () => {
  await server?.stop();
  await other?.stop();
});

/** For servers on this machine; generous deadlines, since the machine may be busy. */
const local: OutboundPolicy = {
  allowPrivateAddresses: true,
  ports: "any",
  proxy: {},
  totalTimeoutMs: 20_000,
  maxResponseBytes: 100_000,
};

function call(path: string, request: Partial<OutboundRequest> = {}, policy: OutboundPolicy = {}) {
  return fetchOutbound({ url: `${server.url}${path}`, ...request }, { ...local, ...policy });
}

async function failure(calling: Promise<OutboundResponse>): Promise<OutboundError> {
  const error = await calling.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OutboundError, String(error));
  return error;
}

function modified(response: OutboundResponse) {
  assert.ok(!response.notModified);
  return response;
}

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

describe("faults of the other side", () => {
  const cases: ReadonlyArray<{
    name: string;
    reply: ScriptedReply;
    reason: OutboundReason;
    policy?: OutboundPolicy;
  }> = [
    {
      name: "an endless body",
      reply: { body: "x".repeat(9_999), fault: { kind: "endlessBody" } },
      reason: "TOO_LARGE",
    },
    {
      name: "a body that drips",
      reply: { body: "x".repeat(9_999), fault: { kind: "slowBody", pauseMs: 20 } },
      reason: "TIMEOUT",
      policy: { totalTimeoutMs: 300 },
    },
    {
      name: "silence",
      reply: { fault: { kind: "silence" } },
      reason: "TIMEOUT",
      policy: { totalTimeoutMs: 300 },
    },
    { name: "no answer", reply: { fault: { kind: "closeWithoutAnswer" } }, reason: "CONNECTION" },
    {
      name: "a body that breaks off",
      reply: { body: "0123456789", fault: { kind: "truncatedBody", afterBytes: 4 } },
      reason: "CONNECTION",
    },
    {
      name: "a body shorter than announced",
      reply: { body: "0123", fault: { kind: "wrongContentLength", contentLength: 9 } },
      reason: "CONNECTION",
    },
    {
      name: "garbage",
      reply: { fault: { kind: "rawBytes", bytes: "220 smtp ready\r\n\r\n" } },
      reason: "INVALID_RESPONSE",
    },
    {
      name: "endless headers",
      reply: { fault: { kind: "rawBytes", bytes: `HTTP/1.1 200 OK\r\nx: ${"y".repeat(50_000)}\r\n\r\n` } },
      reason: "TOO_LARGE",
    },
    {
      name: "a false encoding",
      reply: { body: "plain", headers: { "content-encoding": "gzip" } },
      reason: "INVALID_RESPONSE",
    },
    {
      name: "an unknown encoding",
      reply: { body: "x", headers: { "content-encoding": "zip9" } },
      reason: "INVALID_RESPONSE",
    },
    {
      name: "nested encodings",
      reply: { body: "x", headers: { "content-encoding": "gzip, gzip" } },
      reason: "INVALID_RESPONSE",
    },
  ];
  for (const { name, reply, reason, policy } of cases) {
    test(`${name} is ${reason}`, async () => {
      server.reply("/fault", reply);
      assert.equal((await failure(call("/fault", {}, policy))).reason, reason);
    });
  }

  test("a refused connection is CONNECTION, an unknown name NAME_NOT_RESOLVED, both worth another try", async () => {
    const gone = await startScriptedHttpServer();
    await gone.stop();
    const refused = await failure(fetchOutbound({ url: gone.url }, local));
    assert.deepEqual([refused.reason, refused.isTransient], ["CONNECTION", true]);
    const lookup: OutboundPolicy["lookup"] = (_name, _options, callback) =>
      callback(Object.assign(new Error("none"), { code: "ENOTFOUND" }), []);
    const unknown = await failure(fetchOutbound({ url: "http://nowhere.test" }, { ...local, lookup }));
    assert.deepEqual([unknown.reason, unknown.isTransient], ["NAME_NOT_RESOLVED", true]);
  });

  test("a resolver that never answers is TIMEOUT", async () => {
    const error = await failure(
      fetchOutbound({ url: "http://slow.test" }, { ...local, lookup: () => {}, connectTimeoutMs: 100 }),
    );
    assert.equal(error.reason, "TIMEOUT");
  });

  test("the caller can give up", async () => {
    server.reply("/fault", { fault: { kind: "silence" } });
    const error = await failure(call("/fault", { signal: AbortSignal.timeout(50) }));
    assert.equal(error.reason, "ABORTED");
    assert.equal((await failure(call("/fault", { signal: AbortSignal.abort() }))).reason, "ABORTED");
  });

  test("a header that HTTP does not allow is INVALID_REQUEST and reaches nobody", async () => {
    const countBefore = server.requests.length;
    const error = await failure(call("/fault", { headers: { "x-a": "b\r\nx-injected: c" } }));
    assert.equal(error.reason, "INVALID_REQUEST");
    assert.equal(server.requests.length, countBefore);
  });
});

describe("redirects", () => {
  test("as many as the policy allows are followed, one more is an error", async () => {
    server.reply("/end", { body: "arrived" });
    assert.equal(modified(await call(server.redirectChain("/three", 3, "/end"))).text(), "arrived");
    const error = await failure(call(server.redirectChain("/four", 4, "/end")));
    assert.equal(error.reason, "TOO_MANY_REDIRECTS");
    assert.equal((await failure(call("/three/1", {}, { maxRedirects: 0 }))).reason, "TOO_MANY_REDIRECTS");
  });

  test("a loop ends", async () => {
    server.reply("/loop", { status: 302, headers: { location: "/loop" } });
    assert.equal((await failure(call("/loop"))).reason, "TOO_MANY_REDIRECTS");
    assert.equal(server.count("/loop"), 4);
  });

  const methods: ReadonlyArray<[status: number, sent: string, arrives: string, body: string]> = [
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [303, "HEAD", "HEAD", ""],
    [302, "PUT", "PUT", "data"],
    [307, "POST", "POST", "data"],
    [308, "POST", "POST", "data"],
  ];
  for (const [status, sent, arrives, body] of methods) {
    test(`${status} turns ${sent} into ${arrives}`, async () => {
      server.reply("/target", {});
      server.reply("/from", { status, headers: { location: "/target" } });
      const withBody = sent === "HEAD" ? {} : { body: "data", headers: { "content-type": "text/plain" } };
      await call("/from", { method: sent, ...withBody });
      const { method, headers, body: arrived } = server.requests.at(-1)!;
      assert.deepEqual([method, arrived], [arrives, body]);
      assert.equal(headers["content-type"], body === "" ? undefined : "text/plain");
    });
  }

  test("another origin sees no credentials, the same one does", async () => {
    const headers = {
      authorization: "Bearer secret",
      cookie: "a=b",
      "x-api-key": "secret",
      accept: "text/csv",
    };
    server.reply("/here", { status: 302, headers: { location: "/there" } });
    server.reply("/there", { status: 302, headers: { location: `${other.url}/away` } });
    other.reply("/away", {});
    await call("/here", { headers, validators: { etag: '"v"' } });
    const atSame = server.requests.at(-1)!.headers;
    const atOther = other.requests.at(-1)!.headers;
    for (const [name, value] of Object.entries(headers)) assert.equal(atSame[name], value);
    assert.deepEqual(
      [atOther.authorization, atOther.cookie, atOther["x-api-key"]],
      [undefined, undefined, undefined],
    );
    assert.deepEqual([atOther.accept, atOther["if-none-match"]], ["text/csv", '"v"']);
  });

  test("credentials in a location are not used", async () => {
    server.reply("/from", { status: 302, headers: { location: `http://u:p@127.0.0.1:${server.port}/to` } });
    server.reply("/to", {});
    await call("/from");
    assert.equal(server.requests.at(-1)?.headers.authorization, undefined);
  });

  test("a body is not repeated at another origin", async () => {
    server.reply("/from", { status: 307, headers: { location: `${other.url}/away` } });
    const countBefore = other.requests.length;
    const error = await failure(call("/from", { method: "POST", body: "private" }));
    assert.equal(error.reason, "REDIRECT_REFUSED");
    assert.equal(other.requests.length, countBefore);
  });

  const targets: ReadonlyArray<[location: string, reason: OutboundReason]> = [
    ["file:///etc/passwd", "INVALID_URL"],
    ["gopher://127.0.0.1:6379/_FLUSHALL", "INVALID_URL"],
    ["http://[", "INVALID_URL"],
  ];
  for (const [location, reason] of targets) {
    test(`to ${location} are ${reason}`, async () => {
      server.reply("/from", { status: 302, headers: { location } });
      assert.equal((await failure(call("/from"))).reason, reason);
    });
  }
});

describe("TLS", () => {
  const certificate = createSelfSignedCertificate();
  let secure: ScriptedHttpServer;
  before(async () => {
    secure = await startScriptedHttpServer(certificate);
  });
  after(() => secure?.stop());
  const trusting = { ...local, trustedCertificates: certificate.cert };

  test("a trusted certificate is accepted, an unknown one and a wrong name are TLS", async () => {
    secure.reply("/", { body: "secret" });
    const url = `https://127.0.0.1:${secure.port}/`;
    assert.equal(modified(await fetchOutbound({ url }, trusting)).text(), "secret");
    assert.equal((await failure(fetchOutbound({ url }, local))).reason, "TLS");
    const lookup: OutboundPolicy["lookup"] = (_name, options, callback) =>
      options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);
    const named = { url: `https://bank.test:${secure.port}/` };
    assert.equal((await failure(fetchOutbound(named, { ...trusting, lookup }))).reason, "TLS");
    const plain = { url: `https://127.0.0.1:${server.port}/` };
    assert.equal((await failure(fetchOutbound(plain, trusting))).reason, "TLS");
  });

  test("a redirect from https to http is refused", async () => {
    secure.reply("/down", { status: 301, headers: { location: `${server.url}/end` } });
    const error = await failure(fetchOutbound({ url: `https://127.0.0.1:${secure.port}/down` }, trusting));
    assert.equal(error.reason, "REDIRECT_REFUSED");
  });
});

describe("what messages tell", () => {
  const secrets = ["hunter2", "app_id", "T0K3N"];
  const calls: ReadonlyArray<[name: string, url: () => string, policy?: OutboundPolicy]> = [
    ["a status", () => `http://user:hunter2@127.0.0.1:${server.port}/T0K3N?app_id=T0K3N`],
    [
      "a refused address",
      () => "http://user:hunter2@10.0.0.1/T0K3N?app_id=T0K3N",
      { allowPrivateAddresses: false },
    ],
    ["a URL that is none", () => "http://user:hunter2@[bad/T0K3N?app_id=T0K3N"],
    ["a scheme", () => "ftp://user:hunter2@127.0.0.1/T0K3N?app_id=T0K3N"],
    ["a broken encoding", () => "http://user:hunter2%zz@127.0.0.1/T0K3N?app_id=T0K3N"],
    ["a refused port", () => "http://user:hunter2@127.0.0.1:1/T0K3N?app_id=T0K3N", { ports: [80] }],
    ["a refused connection", () => "http://user:hunter2@127.0.0.1:1/T0K3N?app_id=T0K3N"],
    ["a broken proxy", () => "http://127.0.0.1/", { proxy: { httpProxy: "socks9://user:hunter2@[x" } }],
  ];
  for (const [name, url, policy] of calls) {
    test(`about ${name}, they keep the URL's secrets`, async () => {
      const error = await failure(fetchOutbound({ url: url() }, { ...local, ...policy }));
      const cause = error.cause instanceof Error ? JSON.stringify(error.cause) + error.cause.message : "";
      for (const secret of secrets) assert.ok(!`${error.message}${cause}`.includes(secret), error.message);
    });
  }

  test("they say what was called and what happened", async () => {
    server.reply("/status", { status: 404 });
    const error = await failure(call("/status", { method: "DELETE" }));
    assert.equal(error.message, `DELETE ${server.url}: answered with status 404`);
  });
});

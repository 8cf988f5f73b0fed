import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type ScriptedHttpServer, startScriptedHttpServer } from "../testing/scripted-http-server.ts";
import { createSelfSignedCertificate } from "../testing/self-signed-certificate.ts";
import { fetchOutbound } from "./fetch-outbound.ts";
import type { OutboundReason } from "./outbound-error.ts";
import type { OutboundPolicy } from "./outbound-policy.ts";
import { call, failure, local, modified, other, server } from "./testing/outbound-servers.ts";

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

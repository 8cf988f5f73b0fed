import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type LookupFunction, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { type ScriptedHttpServer, startScriptedHttpServer } from "../testing/scripted-http-server.ts";
import { createSelfSignedCertificate } from "../testing/self-signed-certificate.ts";
import { fetchOutbound, type OutboundResponse } from "./fetch-outbound.ts";
import { OutboundError } from "./outbound-error.ts";
import type { OutboundPolicy } from "./outbound-policy.ts";
import { readProxySettings } from "./proxy-settings.ts";

let server: ScriptedHttpServer;
before(async () => {
  server = await startScriptedHttpServer();
  server.reply("/", { body: "reached" });
});
after(() => server?.stop());

const strict: OutboundPolicy = { ports: "any", proxy: {}, totalTimeoutMs: 20_000 };

/** Answers the questions for names one after the other; the last answer goes on. */
function scriptedLookup(...answers: ReadonlyArray<readonly string[]>) {
  const asked: string[] = [];
  const lookup: LookupFunction = (name, options, callback) => {
    const addresses: LookupAddress[] = (answers[Math.min(asked.length, answers.length - 1)] ?? []).map(
      (address) => ({
        address,
        family: address.includes(":") ? 6 : 4,
      }),
    );
    asked.push(name);
    if (options.all) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? "", addresses[0]?.family);
  };
  return { lookup, asked };
}

async function reasonOf(calling: Promise<OutboundResponse>): Promise<string> {
  try {
    const response = await calling;
    return response.notModified ? "notModified" : response.text();
  } catch (error) {
    assert.ok(error instanceof OutboundError, String(error));
    return error.reason;
  }
}

describe("hosts written as addresses that are not public are refused, however they are written", () => {
  const hosts = [
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.0.0.1.",
    "0x7f.0.0.0x1",
    "１２７.0.0.1",
    "0.0.0.0",
    "0",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "[fd00::1]",
    "[fe80::1]",
  ];
  for (const host of hosts) {
    test(host, async () => {
      const connections = server.connectionCount;
      assert.equal(
        await reasonOf(fetchOutbound({ url: `http://${host}:${server.port}/` }, strict)),
        "ADDRESS_REFUSED",
      );
      assert.equal(server.connectionCount, connections);
    });
  }
});

describe("names", () => {
  const resolving: ReadonlyArray<readonly string[]> = [
    ["127.0.0.1"],
    ["::ffff:127.0.0.1"],
    ["::1"],
    ["10.1.2.3"],
    ["8.8.8.8", "127.0.0.1"],
    ["127.0.0.1", "8.8.8.8"],
    ["2606:4700:4700::1111", "fe80::1"],
  ];
  for (const addresses of resolving) {
    test(`that resolve to ${addresses.join(" and ")} are refused without a connection`, async () => {
      const { lookup } = scriptedLookup(addresses);
      const connections = server.connectionCount;
      const calling = fetchOutbound({ url: `http://name.test:${server.port}/` }, { ...strict, lookup });
      assert.equal(await reasonOf(calling), "ADDRESS_REFUSED");
      assert.equal(server.connectionCount, connections);
    });
  }

  test("localhost is refused with the system's resolver", async () => {
    const calling = fetchOutbound({ url: `http://localhost:${server.port}/` }, strict);
    assert.equal(await reasonOf(calling), "ADDRESS_REFUSED");
  });

  test("are resolved once, so that a second answer cannot differ from the checked one", async () => {
    // First an address that is public but leads nowhere, afterwards this machine.
    const { lookup, asked } = scriptedLookup(["2fff::1"], ["127.0.0.1"]);
    const connections = server.connectionCount;
    const policy = { ...strict, lookup, connectTimeoutMs: 200 };
    const reason = await reasonOf(fetchOutbound({ url: `http://rebind.test:${server.port}/` }, policy));
    assert.match(reason, /^(CONNECTION|TIMEOUT)$/);
    assert.deepEqual(asked, ["rebind.test"]);
    assert.equal(server.connectionCount, connections);
    assert.equal(
      await reasonOf(fetchOutbound({ url: `http://rebind.test:${server.port}/` }, policy)),
      "ADDRESS_REFUSED",
    );
  });

  test("that the policy names may lie anywhere, with or without their port", async () => {
    for (const allowed of ["Inside.test", `inside.test:${server.port}`]) {
      const { lookup } = scriptedLookup(["127.0.0.1"]);
      const policy = { ...strict, ports: [443], lookup, allowedHosts: [allowed] };
      assert.equal(
        await reasonOf(fetchOutbound({ url: `http://inside.test:${server.port}/` }, policy)),
        "reached",
      );
    }
    const { lookup } = scriptedLookup(["127.0.0.1"]);
    const policy = { ...strict, lookup, allowedHosts: ["inside.test:1", "test"] };
    const calling = fetchOutbound({ url: `http://inside.test:${server.port}/` }, policy);
    assert.equal(await reasonOf(calling), "ADDRESS_REFUSED");
  });
});

describe("a redirect", () => {
  const targets = (port: number) => [
    `http://127.0.0.1:${port}/`,
    `http://evil.test:${port}/`,
    `http://[::1]:${port}/`,
  ];
  test("from an allowed host does not lead to an address that is not", async () => {
    for (const location of targets(server.port)) {
      server.reply("/from", { status: 302, headers: { location } });
      const { lookup } = scriptedLookup(["127.0.0.1"]);
      const policy = { ...strict, lookup, allowedHosts: ["start.test"] };
      const count = server.count("/");
      const calling = fetchOutbound({ url: `http://start.test:${server.port}/from` }, policy);
      assert.equal(await reasonOf(calling), "ADDRESS_REFUSED");
      assert.equal(server.count("/"), count);
    }
  });

  test("does not lead to a port that is not allowed", async () => {
    server.reply("/from", { status: 302, headers: { location: "http://8.8.8.8:25/" } });
    const policy = { ...strict, ports: [443], allowedHosts: [`127.0.0.1:${server.port}`] };
    assert.equal(await reasonOf(fetchOutbound({ url: `${server.url}/from` }, policy)), "PORT_REFUSED");
  });
});

test("only the ports of the policy are called", async () => {
  for (const [url, expected] of [
    ["http://127.0.0.1:22/", "PORT_REFUSED"],
    ["http://127.0.0.1:6379/", "PORT_REFUSED"],
    ["https://127.0.0.1:25/", "PORT_REFUSED"],
    ["http://127.0.0.1/", "ADDRESS_REFUSED"],
    ["https://127.0.0.1/", "ADDRESS_REFUSED"],
    ["https://127.0.0.1:8443/", "ADDRESS_REFUSED"],
  ] as const) {
    assert.equal(await reasonOf(fetchOutbound({ url }, { proxy: {} })), expected, url);
  }
});

describe("through a proxy", () => {
  const certificate = createSelfSignedCertificate();
  /** Takes whatever it is asked for to the servers of this test; records what it was asked. */
  const asked: string[] = [];
  const tunnels = new Set<Socket>();
  let refuse = false;
  let secure: ScriptedHttpServer;
  let proxyUrl: string;
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? ""}`);
    response.end("by proxy");
  });
  proxy.on("connect", (request, client: Socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? ""}`);
    if (refuse) {
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const target = connect({ port: secure.port, host: "127.0.0.1" });
    for (const socket of [client, target]) {
      tunnels.add(socket);
      socket.on("error", () => {}).on("close", () => socket.destroy());
    }
    client.write("HTTP/1.1 200 Connected\r\n\r\n");
    client.pipe(target).pipe(client);
  });
  before(async () => {
    secure = await startScriptedHttpServer(certificate);
    secure.reply("/", { body: "through the tunnel" });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    proxyUrl = `http://us:er@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  after(async () => {
    for (const socket of tunnels) socket.destroy();
    proxy.closeAllConnections();
    proxy.close();
    await secure?.stop();
  });
  const authorization = `Basic ${Buffer.from("us:er").toString("base64")}`;
  const policy = (): OutboundPolicy => ({
    ...strict,
    trustedCertificates: certificate.cert,
    proxy: { httpProxy: proxyUrl, noProxy: "direct.test" },
    lookup: scriptedLookup(["127.0.0.1"]).lookup,
  });

  test("http is asked for by its whole URL, https in a tunnel, and names are the proxy's to resolve", async () => {
    asked.length = 0;
    assert.equal(await reasonOf(fetchOutbound({ url: "http://feed.test/data?x=1" }, policy())), "by proxy");
    assert.equal(
      await reasonOf(fetchOutbound({ url: "https://localhost.localdomain:8443/" }, policy())),
      "TLS",
    );
    assert.deepEqual(asked, [
      `GET http://feed.test/data?x=1 ${authorization}`,
      `CONNECT localhost.localdomain:8443 ${authorization}`,
    ]);
  });

  test("hosts of NO_PROXY and this machine are called directly, under the rule of addresses", async () => {
    asked.length = 0;
    for (const host of ["direct.test", "localhost", "127.0.0.1"]) {
      const calling = fetchOutbound({ url: `http://${host}:${server.port}/` }, policy());
      assert.equal(await reasonOf(calling), "ADDRESS_REFUSED", host);
    }
    const allowed = { ...policy(), allowPrivateAddresses: true };
    assert.equal(
      await reasonOf(fetchOutbound({ url: `http://direct.test:${server.port}/` }, allowed)),
      "reached",
    );
    assert.deepEqual(asked, []);
  });

  test("hosts written as private addresses do not reach the proxy", async () => {
    asked.length = 0;
    for (const host of ["10.0.0.1", "169.254.169.254", "[fd00::1]"]) {
      assert.equal(await reasonOf(fetchOutbound({ url: `http://${host}/` }, policy())), "ADDRESS_REFUSED");
    }
    assert.deepEqual(asked, []);
  });

  test("a proxy that refuses, or is not there, is PROXY or CONNECTION", async () => {
    refuse = true;
    assert.equal(await reasonOf(fetchOutbound({ url: "https://feed.test/" }, policy())), "PROXY");
    refuse = false;
    const gone = { ...policy(), proxy: { httpProxy: "http://127.0.0.1:1" } };
    assert.equal(await reasonOf(fetchOutbound({ url: "http://feed.test/" }, gone)), "CONNECTION");
  });

  test("the environment names the proxies, lower case first", () => {
    const environment = {
      HTTP_PROXY: "http://a",
      http_proxy: "http://b",
      HTTPS_PROXY: "http://c",
      NO_PROXY: "d",
    };
    assert.deepEqual(readProxySettings(environment), {
      httpProxy: "http://b",
      httpsProxy: "http://c",
      noProxy: "d",
    });
    assert.deepEqual(readProxySettings({}), { httpProxy: "", httpsProxy: "", noProxy: "" });
  });
});

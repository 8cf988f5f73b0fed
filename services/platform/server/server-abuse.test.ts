import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as requestHttp1 } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, waitUntil } from "../testing/eventually.ts";
import { openRawConnection, type RawConnection } from "../testing/raw-connection.ts";
import {
  openHttp2,
  outcome,
  preface,
  startForTest,
  startWatchedServer,
  type WatchedServer,
} from "./testing/watched-server.ts";

describe("a server under abuse", () => {
  let watched: WatchedServer;
  before(async () => {
    watched = await startWatchedServer({});
  });
  after(() => watched.server.close({ graceMs: 0 }));

  const closed: readonly [what: string, bytes: string, reply: RegExp][] = [
    ["silence", "", /^$/],
    ["one byte and silence", "G", /^$|^HTTP\/1\.1 408 /],
    ["the beginning of the preface and silence", "P", /^$/],
    ["most of the preface and silence", preface.slice(0, -1), /^$/],
    ["the beginning of a header and silence", "GET / HTTP/1.1\r\nHost:", /^HTTP\/1\.1 408 /],
    ["a preface that goes wrong", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["binary garbage", "\0\x01\x02\xff\xfe", /^HTTP\/1\.1 400 /],
    ["a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /^HTTP\/1\.1 400 /],
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", /^HTTP\/1\.1 400 /],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["a large header", `GET / HTTP/1.1\r\nHost: a\r\nx: ${"x".repeat(5_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ["a preface and garbage", `${preface}${"\xff".repeat(100)}`, /^/],
  ];
  for (const [what, bytes, reply] of closed) {
    it(`closes a connection that sends ${what}`, async () => {
      const connection = await openRawConnection(watched.server.port);
      connection.socket.write(bytes, "latin1");
      await connection.closed();
      assert.match(connection.received(), reply);
      connection.socket.destroy();
      await waitUntil("connection gone", () => watched.server.connectionCount() === 0);
    });
  }

  it("lets go of HTTP/2 calls whose client vanishes", async (context) => {
    const session = openHttp2(context, watched.url);
    for (let index = 0; index < 5; index += 1) {
      const stream = session.request({ ":method": "POST", ":path": "/held" });
      stream.on("error", () => {});
      stream.write("abc");
    }
    await waitUntil("calls arrived", () => watched.streams.size === 5);
    session.destroy();
    await waitUntil("calls gone", () => watched.streams.size === 0);
    await waitUntil("connection gone", () => watched.server.connectionCount() === 0);
  });

  it("refuses an HTTP/2 call with large headers and serves the next one", async (context) => {
    const session = openHttp2(context, watched.url);
    // The bound holds once the client has acknowledged it; until then 64 KiB are the most.
    await once(session, "connect");
    assert.equal(await outcome(session.request({ ":path": "/" })), "200 0");
    const large = session.request({ ":path": "/", "x-large": "x".repeat(5_000) });
    assert.match(await outcome(large), /ENHANCE_YOUR_CALM/);
    assert.equal(await outcome(session.request({ ":path": "/" })), "200 0");
  });

  for (const path of ["/paused", "/iterated", "/refused"]) {
    it(`keeps no stream of 20 oversize requests to ${path} that were answered early`, async (context) => {
      const session = openHttp2(context, watched.url);
      const body = Buffer.alloc(2 * 1024 * 1024);
      const outcomes: string[] = [];
      for (let index = 0; index < 20; index += 1) {
        const stream = session.request({ ":method": "POST", ":path": path });
        stream.end(body);
        outcomes.push(await outcome(stream));
      }
      assert.deepEqual([...new Set(outcomes)], [path === "/refused" ? "200 " : "413 too large"]);
      await waitUntil("no stream is open", () => watched.streams.size === 0);
      // The connection is still good: neither its window nor its memory is used up.
      const small = session.request({ ":method": "POST", ":path": "/" });
      small.end("12345");
      assert.equal(await outcome(small), "200 5");
    });
  }

  for (const path of ["/paused", "/iterated"]) {
    it(`closes the connection of an oversize HTTP/1.1 request to ${path} that was answered early`, async (context) => {
      const agent = new Agent({ keepAlive: true });
      context.after(() => agent.destroy());
      const headers = { "content-length": 10_000_000 };
      // Again and again on one agent: a client that used such a connection twice would lose every other call.
      for (let round = 0; round < 4; round += 1) {
        const request = requestHttp1(`${watched.url}${path}`, { method: "POST", agent, headers });
        request.on("error", () => {});
        request.write(Buffer.alloc(100_000));
        const [response] = await once(request, "response");
        assert.equal(response.statusCode, 413);
        assert.equal(response.headers.connection, "close");
        assert.equal(await text(response), "too large");
      }
      await waitUntil("connection gone", () => watched.server.connectionCount() === 0);
    });

    it(`reads on after such an answer to ${path}, so that no reset overtakes it, and not for ever`, async () => {
      const socket = connect({ port: watched.server.port, host: "127.0.0.1", allowHalfOpen: true });
      const faults: Error[] = [];
      socket.on("error", (error) => faults.push(error));
      const part = Buffer.alloc(300_000, "x");
      socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n`);
      socket.write(part);
      assert.match(await text(socket), /^HTTP\/1\.1 413 [\s\S]+too large/);
      for (let more = 0; more < 4; more += 1) await new Promise((resolve) => socket.write(part, resolve));
      assert.deepEqual(faults, []);
      await waitUntil("connection gone", () => watched.server.connectionCount() === 0);
      socket.destroy();
    });

    it(`keeps the connection of an HTTP/1.1 request to ${path} that was read to the end`, async () => {
      const connection = await openRawConnection(watched.server.port);
      for (const answers of [1, 2]) {
        connection.socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`);
        await waitUntil("answered", () => connection.received().split("\r\n\r\n3").length === answers + 1);
      }
      connection.socket.destroy();
      await waitUntil("connection gone", () => watched.server.connectionCount() === 0);
    });
  }

  it("has nothing to do afterwards, nor while clients keep silent after a few bytes", async (context) => {
    // Runs last: whatever the abuse above left behind would show as work.
    const { server } = await startForTest(context, { firstBytesMs: 600_000 });
    const silent: RawConnection[] = [];
    for (const bytes of ["", "P", "PRI * HTTP"]) {
      const connection = await openRawConnection(server.port);
      connection.socket.write(bytes);
      silent.push(connection);
    }
    await waitUntil("connections accepted", () => server.connectionCount() === 3);
    // Time itself is what is tested: what a second of silence costs. The first ones may pay for what came before, as
    // the garbage of the abuse and compiling; work that is left behind is there in every one.
    await eventually(async () => {
      const usedBefore = process.cpuUsage();
      await sleep(1_000);
      const used = process.cpuUsage(usedBefore);
      assert.ok(
        used.user + used.system < 200_000,
        `${(used.user + used.system) / 1_000} ms of CPU in a second`,
      );
    }, 10_000);
    assert.equal(server.connectionCount(), 3);
    for (const { socket } of silent) socket.destroy();
  });
});

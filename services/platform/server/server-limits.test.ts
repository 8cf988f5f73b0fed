import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as requestHttp1 } from "node:http";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type ServerHttp2Stream,
} from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../testing/eventually.ts";
import { openRawConnection, type RawConnection } from "../testing/raw-connection.ts";
import type { RequestHandler, ServerRequest, ServerResponseWriter } from "./request-handler.ts";
import { type RunningServer, startServer } from "./server.ts";
import type { ServerLimits } from "./server-limits.ts";
import { reapAnsweredStream } from "./stream-reaper.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const maxBodyBytes = 1_000;

/** Reads the body up to a bound and answers at once beyond it, as RPC handlers do; "/held" is never answered. */
const bounded: RequestHandler = (request, response) => {
  if (request.url === "/held") return;
  if (request.url === "/iterated") {
    void iterateBounded(request, response);
    return;
  }
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBodyBytes || response.headersSent) return;
    request.pause();
    response.statusCode = 413;
    response.end("too large");
  });
  request.on("end", () => {
    if (!response.headersSent) response.end(String(size));
  });
};

/** The same by iteration, as Connect does: leaving the loop destroys the request. */
async function iterateBounded(request: ServerRequest, response: ServerResponseWriter): Promise<void> {
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBodyBytes) break;
  }
  response.statusCode = size > maxBodyBytes ? 413 : 200;
  response.end(size > maxBodyBytes ? "too large" : String(size));
}

/** Small limits, so that a test need not wait. */
const smallLimits: Partial<ServerLimits> = { firstBytesMs: 150, headersMs: 300, maxHeaderBytes: 4_096 };

interface WatchedServer {
  server: RunningServer;
  url: string;
  /** HTTP/2 streams that the server has open. */
  streams: Set<ServerHttp2Stream>;
}

async function startWatchedServer(limits: Partial<ServerLimits>): Promise<WatchedServer> {
  const streams = new Set<ServerHttp2Stream>();
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    handler: bounded,
    limits: { ...smallLimits, ...limits },
    onStream(stream, headers) {
      streams.add(stream);
      stream.once("close", () => streams.delete(stream));
      if (headers[":path"] !== "/refused") return false;
      // As a fast path refuses: answered without a look at the body.
      stream.on("error", () => {});
      reapAnsweredStream(stream);
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "8" }));
      stream.end();
      return true;
    },
  });
  return { server, url: `http://127.0.0.1:${server.port}`, streams };
}

async function startForTest(context: TestContext, limits: Partial<ServerLimits>): Promise<WatchedServer> {
  const watched = await startWatchedServer(limits);
  context.after(() => watched.server.close({ graceMs: 0 }));
  return watched;
}

function openHttp2(context: TestContext, url: string): ClientHttp2Session {
  // With Node's 10 MiB the client itself refuses its calls after a few oversize bodies that nobody read.
  const session = connectHttp2(url, { maxSessionMemory: 256 });
  session.on("error", () => {});
  context.after(() => session.destroy());
  return session;
}

const idsOf = (streams: Iterable<ServerHttp2Stream>): (number | undefined)[] =>
  Array.from(streams, (stream) => stream.id);

/** Status and body, or the code of the error. */
async function outcome(stream: ClientHttp2Stream): Promise<string> {
  let status = 0;
  stream.on("response", (headers) => {
    status = headers[":status"] ?? 0;
  });
  try {
    const body = await text(stream);
    return `${status} ${body}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).message;
  }
}

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
    const { server } = await startForTest(context, { firstBytesMs: 10_000 });
    const silent: RawConnection[] = [];
    for (const bytes of ["", "P", "PRI * HTTP"]) {
      const connection = await openRawConnection(server.port);
      connection.socket.write(bytes);
      silent.push(connection);
    }
    await waitUntil("connections accepted", () => server.connectionCount() === 3);
    const usedBefore = process.cpuUsage();
    // Time itself is what is tested: what a second of silence costs.
    await sleep(1_000);
    const used = process.cpuUsage(usedBefore);
    assert.ok(
      used.user + used.system < 200_000,
      `${(used.user + used.system) / 1_000} ms of CPU in a second`,
    );
    assert.equal(server.connectionCount(), 3);
    for (const { socket } of silent) socket.destroy();
  });
});

describe("a server whose clients leave", () => {
  let patient: WatchedServer;
  before(async () => {
    patient = await startWatchedServer({ firstBytesMs: 60_000, headersMs: 60_000 });
  });
  after(() => patient.server.close({ graceMs: 0 }));

  const endings: readonly [what: string, bytes: string, end: "end" | "destroy" | "resetAndDestroy"][] = [
    ["closes its side before the first byte", "", "end"],
    ["closes its side within the preface", "PRI *", "end"],
    ["closes its side after the preface", `${preface}\0\0\0\x04\0\0\0\0\0`, "end"],
    ["vanishes before the first byte", "", "destroy"],
    ["vanishes within the preface", "PRI *", "resetAndDestroy"],
    ["vanishes within the header", "POST / HTTP/1.1\r\nHo", "resetAndDestroy"],
    [
      "vanishes within the body",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
      "resetAndDestroy",
    ],
    ["vanishes while it is served", "GET /held HTTP/1.1\r\nHost: a\r\n\r\n", "destroy"],
  ];
  for (const [what, bytes, end] of endings) {
    it(`lets go of a client that ${what}`, async () => {
      const connection = await openRawConnection(patient.server.port);
      await waitUntil("connection accepted", () => patient.server.connectionCount() === 1);
      if (bytes !== "") await new Promise((written) => connection.socket.write(bytes, "latin1", written));
      connection.socket[end]();
      await waitUntil("connection gone", () => patient.server.connectionCount() === 0);
      connection.socket.destroy();
    });
  }
});

describe("the limits of a server", () => {
  it("drops connections beyond their number", async (context) => {
    const { server } = await startForTest(context, { maxConnections: 2, firstBytesMs: 5_000 });
    const first = await openRawConnection(server.port);
    const second = await openRawConnection(server.port);
    const third = await openRawConnection(server.port);
    await third.closed();
    assert.equal(server.connectionCount(), 2);
    first.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await first.receive(/^HTTP\/1\.1 200 OK/);
    for (const connection of [first, second, third]) connection.socket.destroy();
  });

  it("takes no more calls at once than it announces, and serves the others later", async (context) => {
    const { url, streams } = await startForTest(context, { maxStreamsPerConnection: 3 });
    const session = openHttp2(context, url);
    await once(session, "remoteSettings");
    assert.equal(session.remoteSettings.maxConcurrentStreams, 3);
    const calls = Array.from({ length: 5 }, () => session.request({ ":method": "POST", ":path": "/" }));
    const outcomes = calls.map(outcome);
    await waitUntil("calls arrived", () => streams.size === 3);
    // The client holds the others back until there is a place.
    assert.deepEqual(idsOf(streams), [1, 3, 5]);
    for (const call of calls) call.end("123");
    assert.deepEqual(await Promise.all(outcomes), Array(5).fill("200 3"));
  });

  it("ends a connection that opens and cancels calls without end", async (context) => {
    const { server, url } = await startForTest(context, { streamResetBurst: 100, streamResetsPerSecond: 10 });
    const session = openHttp2(context, url);
    await once(session, "remoteSettings");
    let cancelled = 0;
    while (!session.closed && !session.destroyed && cancelled < 500) {
      const stream = session.request({ ":path": "/held" });
      stream.on("error", () => {});
      await new Promise(setImmediate);
      stream.close(constants.NGHTTP2_CANCEL);
      cancelled += 1;
    }
    assert.ok(cancelled < 500, "all calls were accepted");
    await waitUntil("connection gone", () => server.connectionCount() === 0);
  });

  it("closes an HTTP/1.1 connection that stays idle", async (context) => {
    // Node adds a second to the time it announces.
    const { server } = await startForTest(context, { keepAliveMs: 1 });
    const connection = await openRawConnection(server.port);
    connection.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await connection.receive(/^HTTP\/1\.1 200 OK/);
    await connection.closed();
    connection.socket.destroy();
  });

  it("closes an HTTP/1.1 connection whose body does not come", async (context) => {
    const { server } = await startForTest(context, { requestMs: 300 });
    const connection = await openRawConnection(server.port);
    connection.socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    await connection.receive(/^HTTP\/1\.1 408 /);
    await connection.closed();
    connection.socket.destroy();
  });

  const retired: readonly [why: string, limits: Partial<ServerLimits>][] = [
    ["is idle", { idleSessionMs: 100 }],
    ["has reached its age", { maxSessionAgeMs: 100 }],
  ];
  for (const [why, limits] of retired) {
    it(`asks an HTTP/2 client to leave when its connection ${why}, and lets its call go on`, async (context) => {
      const { server, url, streams } = await startForTest(context, limits);
      const session = openHttp2(context, url);
      const stream = session.request({ ":method": "POST", ":path": "/" });
      stream.write("123");
      await waitUntil("call arrived", () => streams.size === 1);
      await waitUntil("asked to leave", () => session.closed);
      stream.end("45");
      assert.equal(await outcome(stream), "200 5");
      await waitUntil("connection gone", () => server.connectionCount() === 0);
    });
  }
});

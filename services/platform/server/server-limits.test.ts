import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, type ServerHttp2Stream } from "node:http2";
import { after, before, describe, it } from "node:test";
import { waitUntil } from "../testing/eventually.ts";
import { openRawConnection } from "../testing/raw-connection.ts";
import type { ServerLimits } from "./server-limits.ts";
import {
  openHttp2,
  outcome,
  preface,
  startForTest,
  startWatchedServer,
  type WatchedServer,
} from "./testing/watched-server.ts";

const idsOf = (streams: Iterable<ServerHttp2Stream>): (number | undefined)[] =>
  Array.from(streams, (stream) => stream.id);

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
    const { server } = await startForTest(context, { maxConnections: 2, firstBytesMs: 60_000 });
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

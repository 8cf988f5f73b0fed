import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as requestHttp1 } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { text } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { waitUntil } from "../testing/eventually.ts";
import { openRawConnection } from "../testing/raw-connection.ts";
import type { ServerResponseWriter } from "./request-handler.ts";
import { type RunningServer, startServer } from "./server.ts";

interface HeldServer {
  server: RunningServer;
  url: string;
  /** Responses that wait for the test to end them; "/now" is answered at once. */
  held: ServerResponseWriter[];
}

async function startHeldServer(context: TestContext): Promise<HeldServer> {
  const held: ServerResponseWriter[] = [];
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    handler(request, response) {
      request.resume();
      if (request.url === "/now") response.end("now");
      else held.push(response);
    },
  });
  context.after(() => server.close({ graceMs: 0 }));
  return { server, url: `http://127.0.0.1:${server.port}`, held };
}

const withinMs = async (promise: Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await promise;
  return performance.now() - start;
};

describe("closing a server", () => {
  it("waits for the calls in flight, refuses new connections and cuts nothing", async (context) => {
    const { server, url, held } = await startHeldServer(context);
    const session = connectHttp2(url);
    context.after(() => session.destroy());
    const overHttp2 = text(session.request({ ":path": "/held" }));
    const agent = new Agent({ keepAlive: true });
    context.after(() => agent.destroy());
    const request = requestHttp1(`${url}/held`, { agent });
    request.end();
    const overHttp1 = once(request, "response").then(async ([response]) => ({
      body: await text(response),
      connection: response.headers.connection,
    }));
    await waitUntil("both calls arrived", () => held.length === 2);

    let closed = false;
    const closing = server.close({ graceMs: 100_000 });
    void closing.then(() => {
      closed = true;
    });
    await waitUntil("asked to leave", () => session.closed);
    await assert.rejects(openRawConnection(server.port), /ECONNREFUSED/);
    assert.equal(closed, false);

    for (const response of held) response.end("finished");
    assert.equal(await overHttp2, "finished");
    assert.equal((await overHttp1).body, "finished");
    assert.deepEqual(await closing, { cutConnections: 0 });
    assert.equal(server.connectionCount(), 0);
  });

  it("does not wait for idle connections, whatever they speak", async (context) => {
    const { server, url } = await startHeldServer(context);
    const session = connectHttp2(url);
    context.after(() => session.destroy());
    assert.equal(await text(session.request({ ":path": "/now" })), "now");
    const keptAlive = await openRawConnection(server.port);
    keptAlive.socket.write("GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    await keptAlive.receive(/now$/);
    const silent = await openRawConnection(server.port);
    const undecided = await openRawConnection(server.port);
    undecided.socket.write("PRI");
    await waitUntil("four connections", () => server.connectionCount() === 4);

    const graceMs = 100_000;
    const closing = server.close({ graceMs });
    assert.ok((await withinMs(closing)) < graceMs);
    assert.deepEqual(await closing, { cutConnections: 0 });
    for (const connection of [keptAlive, silent, undecided]) {
      await connection.closed();
      connection.socket.destroy();
    }
  });

  it("tells an HTTP/1.1 client with its reply that the connection ends", async (context) => {
    const { server, held } = await startHeldServer(context);
    const connection = await openRawConnection(server.port);
    connection.socket.write("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    await waitUntil("call arrived", () => held.length === 1);
    const closing = server.close({ graceMs: 100_000 });
    held[0]?.end("held");
    assert.deepEqual(await closing, { cutConnections: 0 });
    await connection.closed();
    assert.match(connection.received(), /\r\nConnection: close\r\n[\s\S]+held$/);
  });

  it("cuts what is not finished after the grace", async (context) => {
    const { server, url, held } = await startHeldServer(context);
    const session = connectHttp2(url);
    context.after(() => session.destroy());
    const stream = session.request({ ":path": "/held" });
    stream.on("error", () => {});
    const connection = await openRawConnection(server.port);
    connection.socket.write("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    await waitUntil("both calls arrived", () => held.length === 2);

    const closing = server.close({ graceMs: 200 });
    const tookMs = await withinMs(closing);
    assert.ok(tookMs >= 190, `${tookMs} ms`);
    assert.deepEqual(await closing, { cutConnections: 2 });
    assert.equal(server.close({ graceMs: 0 }), server.close({ graceMs: 5 }));
    await waitUntil("call ended at the client", () => stream.closed);
    connection.socket.destroy();
  });

  it("gives notice before it refuses calls", async (context) => {
    const { server, url, held } = await startHeldServer(context);
    const session = connectHttp2(url);
    context.after(() => session.destroy());
    const lastStreamIds: number[] = [];
    session.on("goaway", (_code, lastStreamId) => lastStreamIds.push(lastStreamId ?? 0));
    const stream = session.request({ ":path": "/held" });
    await waitUntil("call arrived", () => held.length === 1);

    const closing = server.close({ graceMs: 100_000 });
    await waitUntil("notice and refusal", () => lastStreamIds.length === 2);
    assert.deepEqual(lastStreamIds, [2 ** 31 - 1, stream.id]);
    held[0]?.end("finished");
    assert.equal(await text(stream), "finished");
    assert.deepEqual(await closing, { cutConnections: 0 });
  });
});

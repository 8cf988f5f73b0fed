import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startFaultyProxy } from "../testing/faulty-proxy.ts";
import { Http2Sessions } from "./http2-sessions.ts";

const bounds = { pingIntervalMs: 200, pingTimeoutMs: 1_000 };
const answeredWithinMs = 20_000;

test("a request that meets the end of a dead connection is answered on the one that follows it", async () => {
  const server = createServer().on("stream", (stream) => {
    stream.respond();
    stream.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await using way = await startFaultyProxy({ port: (server.address() as AddressInfo).port });
  const sessions = new Http2Sessions(`http://127.0.0.1:${way.port}`, bounds);
  const request = async () => {
    const stream = await sessions.request("GET", "/", {}, {});
    const { session } = stream;
    await once(stream.resume(), "close");
    return session!;
  };
  try {
    const dead = await request();
    // Silent for longer than the interval, so that the next request verifies the connection.
    await pause(2 * bounds.pingIntervalMs);
    way.setFault({ kind: "blackhole" });
    const requests = [request()];
    assert.equal(sessions.state(), "verifying");
    way.script({ kind: "none" });
    while (!dead.destroyed) await new Promise(setImmediate);
    // The ping has failed and the connection has not told it yet.
    requests.push(request());
    const late = pause(answeredWithinMs, undefined, { ref: false }).then(() => assert.fail("no answer"));
    const [one, other] = await Promise.race([Promise.all(requests), late]);
    assert.ok(one !== undefined && one === other);
    assert.equal(way.connectionCount, 2);
  } finally {
    sessions.abort();
    server.close();
  }
});

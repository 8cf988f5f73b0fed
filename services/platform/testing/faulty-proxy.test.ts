import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { waitUntil } from "./eventually.ts";
import { type FaultyProxy, type ProxyFault, startFaultyProxy } from "./faulty-proxy.ts";
import { openRawConnection } from "./raw-connection.ts";

/** Answers each line with `re: <line>` and remembers what it got. */
let target: Server;
let received = "";
const open = new Set<Socket>();

before(async () => {
  target = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.setEncoding("latin1");
    socket.on("error", () => {}).on("close", () => open.delete(socket));
    socket.on("data", (text: string) => {
      received += text;
      if (text.includes("\n")) socket.write("re: done\n");
    });
    socket.on("end", () => socket.end("bye\n"));
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
});

after(() => {
  for (const socket of open) socket.destroy();
  target.close();
});

async function startProxy(fault?: ProxyFault): Promise<FaultyProxy> {
  received = "";
  const proxy = await startFaultyProxy({ port: (target.address() as AddressInfo).port });
  if (fault !== undefined) proxy.setFault(fault);
  return proxy;
}

test("without a fault everything passes, ends included, in both directions", async () => {
  await using proxy = await startProxy();
  const connection = await openRawConnection(proxy.port);
  connection.socket.write("hello\n");
  await connection.receive(/^re: done\n$/);
  connection.socket.end();
  await connection.receive(/bye\n$/);
  await connection.closed();
  assert.equal(received, "hello\n");
  assert.equal(proxy.forwardedBytes, 6);
  assert.equal(proxy.connectionCount, 1);
});

describe("what reaches each side", () => {
  const cases: ReadonlyArray<{ fault: ProxyFault; target: string; client: string }> = [
    { fault: { kind: "cutBeforeRequest" }, target: "", client: "" },
    { fault: { kind: "cutReply" }, target: "hello\n", client: "" },
    { fault: { kind: "cutReply", afterBytes: 3 }, target: "hello\n", client: "re:" },
    { fault: { kind: "halfClose" }, target: "hello\n", client: "re: done\n" },
  ];
  for (const { fault, target: toTarget, client } of cases) {
    test(`under ${JSON.stringify(fault)}, and then the client's connection ends`, async () => {
      await using proxy = await startProxy(fault);
      const connection = await openRawConnection(proxy.port);
      connection.socket.write("hello\n");
      await connection.closed();
      assert.equal(connection.received(), client);
      assert.equal(received, toTarget);
      connection.socket.destroy();
    });
  }

  test("under swallowReply the request arrives and nothing comes back, until the test cuts", async () => {
    await using proxy = await startProxy({ kind: "swallowReply" });
    const connection = await openRawConnection(proxy.port);
    connection.socket.write("hello\n");
    await waitUntil("the target got it", () => received === "hello\n");
    assert.equal(connection.received(), "");
    proxy.cutConnections();
    await connection.closed();
    assert.equal(connection.received(), "");
  });

  test("under blackhole nothing arrives and the connection stays open", async () => {
    await using proxy = await startProxy();
    proxy.script({ kind: "blackhole" });
    const silent = await openRawConnection(proxy.port);
    silent.socket.write("hello\n");
    // A later connection's round trip: by then the proxy has read what came before.
    const working = await openRawConnection(proxy.port);
    working.socket.write("other\n");
    await working.receive(/re: done\n/);
    assert.equal(received, "other\n");
    assert.equal(silent.received(), "");
    assert.equal(silent.socket.readyState, "open");
    for (const { socket } of [silent, working]) socket.destroy();
  });
});

test("under cutOnConnect nothing arrives", async () => {
  await using proxy = await startProxy({ kind: "cutOnConnect" });
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  socket.write("hello\n");
  await assert.rejects(once(socket, "end"), { code: /ECONNRESET|EPIPE/ });
  assert.equal(proxy.connectionCount, 1);
  assert.equal(received, "");
});

test("after a half-close the client can still send", async () => {
  await using proxy = await startProxy({ kind: "halfClose" });
  const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.write("one\n");
  const ended = once(socket, "end");
  socket.resume();
  await ended;
  socket.write("two\n");
  await waitUntil("the target got both", () => received === "one\ntwo\n");
  socket.destroy();
});

test("splitBytes keeps the bytes and their order, in pieces", async () => {
  await using proxy = await startProxy({ kind: "splitBytes" });
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  const pieces: string[] = [];
  socket.setEncoding("latin1").on("data", (piece: string) => pieces.push(piece));
  socket.on("error", () => {});
  socket.write("hello\n");
  await waitUntil("all of the answer", () => pieces.join("") === "re: done\n");
  assert.ok(pieces.length > 1, JSON.stringify(pieces));
  assert.equal(received, "hello\n");
  socket.destroy();
});

test("delay holds a piece back in both directions", async () => {
  await using proxy = await startProxy({ kind: "delay", delayMs: 60 });
  const connection = await openRawConnection(proxy.port);
  const startMs = performance.now();
  connection.socket.write("hello\n");
  await connection.receive(/re: done\n/);
  assert.ok(performance.now() - startMs >= 115);
  connection.socket.destroy();
});

test("a script governs one connection each, then the fault of the proxy again", async () => {
  await using proxy = await startProxy();
  proxy.script({ kind: "cutBeforeRequest" }, { kind: "cutReply" });
  const outcomes: string[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    const connection = await openRawConnection(proxy.port);
    connection.socket.write(`${attempt}\n`);
    await waitUntil("an answer or the end", () => connection.received() !== "" || connection.socket.closed);
    outcomes.push(connection.received());
    connection.socket.destroy();
  }
  assert.deepEqual(outcomes, ["", "", "re: done\n"]);
  assert.equal(received, "1\n2\n");
});

test("a fault set at run time meets connections that are open, and spares replies to earlier requests", async () => {
  await using proxy = await startProxy();
  const connection = await openRawConnection(proxy.port);
  connection.socket.write("one\n");
  await connection.receive(/re: done\n/);
  proxy.setFault({ kind: "cutReply" });
  connection.socket.write("two\n");
  await connection.closed();
  assert.equal(connection.received(), "re: done\n");
  assert.equal(received, "one\ntwo\n");
});

test("refused connections fail at once and are taken again later, on the same port", async () => {
  await using proxy = await startProxy();
  const early = await openRawConnection(proxy.port);
  await proxy.refuseConnections();
  await assert.rejects(openRawConnection(proxy.port), { code: "ECONNREFUSED" });
  early.socket.write("still open\n");
  await early.receive(/re: done\n/);
  await proxy.acceptConnections();
  const late = await openRawConnection(proxy.port);
  late.socket.write("again\n");
  await late.receive(/re: done\n/);
  for (const { socket } of [early, late]) socket.destroy();
});

test("a target that refuses cuts the client", async () => {
  await using proxy = await startFaultyProxy({ path: "/nonexistent/socket" });
  const connection = await openRawConnection(proxy.port);
  await connection.closed();
});

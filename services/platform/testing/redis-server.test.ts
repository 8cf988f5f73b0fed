import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { test } from "node:test";
import { waitUntil } from "./eventually.ts";
import { startRedis, type TestRedis } from "./redis-server.ts";

test("a test's server is private, persistent and never evicts", async () => {
  await using redis = await startRedis();
  assert.equal(redis.url, `unix://${redis.socketPath}`);
  assert.equal(redis.port, undefined);
  const expected: ReadonlyArray<[directive: string, value: string]> = [
    ["port", "0"],
    ["appendonly", "yes"],
    ["appendfsync", "no"],
    ["save", ""],
    ["maxmemory", String(256 * 1024 * 1024)],
    ["maxmemory-policy", "noeviction"],
  ];
  for (const [directive, value] of expected) {
    const reply = await ask(redis, `CONFIG GET ${directive}`);
    assert.ok(reply.endsWith(`\r\n$${value.length}\r\n${value}\r\n`), `${directive}: ${reply}`);
  }
});

test("settings replace the defaults", async () => {
  await using redis = await startRedis({ settings: { maxmemory: "3mb" } });
  assert.match(await ask(redis, "CONFIG GET maxmemory"), /\r\n3145728\r\n$/);
});

test("with a port the url is a TCP address that answers", async () => {
  await using redis = await startRedis({ port: true });
  assert.equal(redis.url, `redis://127.0.0.1:${redis.port}`);
  assert.equal(await askAddress({ host: "127.0.0.1", port: redis.port! }, "PING"), "+PONG\r\n");
});

test("data survive a gentle restart and a kill", async () => {
  await using redis = await startRedis();
  await ask(redis, "SET before-restart 1");
  const firstPid = redis.pid;
  await redis.restart();
  assert.notEqual(redis.pid, firstPid);
  await ask(redis, "SET before-kill 2");
  await redis.kill();
  await assert.rejects(ask(redis, "PING"), /ENOENT|ECONNREFUSED/);
  await redis.restart();
  assert.equal(await ask(redis, "GET before-restart"), "$1\r\n1\r\n");
  assert.equal(await ask(redis, "GET before-kill"), "$1\r\n2\r\n");
});

test("stop deletes the data and may be repeated", async () => {
  const redis = await startRedis();
  const folder = dirname(redis.socketPath);
  await redis.stop();
  await redis.stop();
  assert.equal(existsSync(folder), false);
  await assert.rejects(ask(redis, "PING"), /ENOENT/);
});

test("a server that does not start says why and leaves nothing behind", async () => {
  await assert.rejects(
    startRedis({ settings: { maxmemory: "plenty" } }),
    /ended while starting:[\s\S]*maxmemory/,
  );
  await assert.rejects(
    startRedis({ binary: "/nonexistent/redis-server" }),
    /ended while starting:[\s\S]*not found/,
  );
});

/** A parent that starts a server, prints where it is, and at the first input ends in its own way. */
const parentProgram = (ending: string): string => `
  import { once } from "node:events";
  import { startRedis } from ${JSON.stringify(new URL("./redis-server.ts", import.meta.url).href)};
  const redis = await startRedis();
  process.stdout.write(redis.socketPath);
  await once(process.stdin, "data");
  process.stdin.destroy();
  ${ending}
`;
const endings: ReadonlyArray<[name: string, code: string]> = [
  ["is killed", 'process.kill(process.pid, "SIGKILL");'],
  ["ends without stopping it", ""],
  ["throws", 'throw new Error("test failed");'],
];
for (const [name, code] of endings) {
  test(`the server and its data are gone after its test process ${name}`, async () => {
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", parentProgram(code)], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const [socketPath] = (await once(parent.stdout.setEncoding("utf8"), "data")) as [string];
    const connection = connect(socketPath);
    await once(connection, "connect");
    // A killed server may reset the connection instead of ending it.
    connection.on("error", () => {});
    const serverEnded = new Promise((resolve) => connection.once("close", resolve));
    parent.stdin.write("end\n");
    await once(parent, "exit");
    await serverEnded;
    await waitUntil("its folder is deleted", () => !existsSync(dirname(socketPath)));
  });
}

function ask(redis: TestRedis, command: string): Promise<string> {
  return askAddress({ path: redis.socketPath }, command);
}

/** Sends one inline command and returns the raw reply up to the connection's end. */
async function askAddress(address: { path: string } | { host: string; port: number }, command: string) {
  const socket = connect(address).setEncoding("utf8");
  socket.write(`${command}\r\nQUIT\r\n`);
  let reply = "";
  for await (const chunk of socket) {
    reply += chunk;
  }
  return reply.replace(/\+OK\r\n$/, "");
}

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ErrorReply } from "@redis/client";
import { eventually } from "../testing/eventually.ts";
import { startRedis, type TestRedis } from "../testing/redis-server.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import { connectRedis, type Redis } from "./redis.ts";

const unavailable = { reason: "STORE_UNAVAILABLE", retryAfterMs: 250 };

let server: TestRedis;
let redis: Redis;

before(async () => {
  server = await startRedis({ port: true });
  redis = await connectTestRedis(server.url, { name: "holdfast-test" });
});

after(async () => {
  await redis?.close();
  await server?.stop();
});

describe("a healthy server", () => {
  test("answers commands, under the client's name", async () => {
    await redis.command("k", ["SET", "k", "v"]);
    assert.equal(await redis.command("k", ["GET", "k"]), "v");
    assert.match(await redis.command("k", ["CLIENT", "LIST"]), /name=holdfast-test /);
  });

  test("keeps bytes as they are", async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 0xc3, 0x28]);
    await redis.command("b", ["SET", "b", bytes]);
    assert.equal(await redis.command("b", ["STRLEN", "b"]), bytes.length);
  });

  test("answers commands sent together, each its own", async () => {
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, index) => redis.command<string>("k", ["ECHO", String(index)])),
    );
    assert.deepEqual(
      replies,
      replies.map((_, index) => String(index)),
    );
  });

  test("its own refusals pass through as they are", async () => {
    await redis.command("k", ["SET", "k", "v"]);
    await assert.rejects(redis.command("k", ["LPUSH", "k", "v"]), (error) => {
      assert.ok(error instanceof ErrorReply);
      return /^WRONGTYPE/.test(error.message);
    });
    await assert.rejects(redis.callFunction("no_such_function", ["k"], []), ErrorReply);
  });

  test("a refusal that only says that the server can't serve now is STORE_UNAVAILABLE", async () => {
    await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory", "1"]);
    try {
      await assert.rejects(redis.command("k", ["SET", "k", "v"]), { reason: "STORE_UNAVAILABLE" });
      const { command } = await redis.connectionFor("k");
      await assert.rejects(command(["SET", "k", "v"]), /OOM/);
    } finally {
      await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory", "256mb"]);
    }
  });

  test("runs functions of a loaded library", async () => {
    const library = `#!lua name=testing
      redis.register_function("join_all", function(keys, args) return keys[1] .. "|" .. args[1] end)`;
    assert.deepEqual(await redis.onEveryPrimary(["FUNCTION", "LOAD", "REPLACE", library]), ["testing"]);
    assert.equal(await redis.callFunction("join_all", ["{a}1"], ["x"]), "{a}1|x");
  });

  test("a function without a key is a fault of the program", () => {
    assert.throws(() => redis.callFunction("join_all", [], ["x"]), RangeError);
  });

  test("a duplicate is a connection of its own", async () => {
    const own = await redis.duplicate();
    const id = (each: Redis) => each.command<number>("k", ["CLIENT", "ID"]);
    assert.notEqual(await id(own), await id(redis));
    const blocked = own.command("list", ["BLPOP", "list", "2"]);
    await redis.command("list", ["RPUSH", "list", "x"]);
    assert.deepEqual(await blocked, ["list", "x"]);
    await own.close();
    await assert.rejects(own.ping(), unavailable);
    await redis.ping();
  });

  test("an idle connection lives longer than a silent one may", async () => {
    const idle = await connectRedis({ urls: [server.url], name: "idle" });
    // A process that itself stands still for that long takes its connection for silent, and tries again.
    await eventually(async () => {
      const id = await idle.command<number>("k", ["CLIENT", "ID"]);
      await redis.command("k", ["SET", "k", "v", "PX", "3600"]);
      // Asked over the other connection, so that this one stays idle.
      await eventually(async () => assert.equal(await redis.command("k", ["EXISTS", "k"]), 0));
      assert.equal(await idle.command<number>("k", ["CLIENT", "ID"]), id);
    });
    await idle.close();
  });
});

describe("ways to reach a server", () => {
  test("a unix socket", async () => {
    const own = await connectTestRedis(`unix://${server.socketPath}`);
    await own.ping();
    await own.close();
  });

  test("a password in the URL, also one with odd characters", async () => {
    const password = "p@ss:w/rd#1";
    await using locked = await startRedis({ port: true, settings: { requirepass: password } });
    const encoded = encodeURIComponent(password);
    for (const url of [
      `redis://:${encoded}@127.0.0.1:${locked.port}`,
      `unix://:${encoded}@${locked.socketPath}`,
    ]) {
      const own = await connectTestRedis(url);
      await own.ping();
      await own.close();
    }
  });

  test("a database number", async () => {
    const own = await connectTestRedis(`${server.url}/3`, { name: "three" });
    assert.match(await own.command("k", ["CLIENT", "INFO"]), / db=3 /);
    await own.close();
  });
});

describe("a failing server", () => {
  const options = (own: TestRedis, more = {}) => ({ urls: [own.url], name: "test", ...more });

  test("killed: refused at once; started again: works by itself", async () => {
    await using own = await startRedis();
    const faults: Error[] = [];
    const onError = (error: Error) => faults.push(error);
    const client = await connectRedis(options(own, { onError, commandTimeoutMs: 120_000 }));
    await client.command("k", ["SET", "k", "v"]);
    await own.kill();
    const startedAtMs = Date.now();
    await assert.rejects(client.command("k", ["GET", "k"]), unavailable);
    await assert.rejects(client.ping(), unavailable);
    assert.ok(Date.now() - startedAtMs < 60_000);
    await own.restart();
    await eventually(async () => assert.equal(await client.command("k", ["GET", "k"]), "v"));
    assert.ok(faults.length > 0);
    await client.close();
  });

  test("killed under a command: its outcome is unknown, and it is not sent again", async () => {
    await using own = await startRedis();
    const client = await connectTestRedis(own.url);
    await client.command("n", ["SET", "n", "0"]);
    const blocked = client.command("list", ["BLPOP", "list", "0"]);
    const behind = client.command("n", ["INCR", "n"]);
    const both = Promise.all([assert.rejects(blocked, unavailable), assert.rejects(behind, unavailable)]);
    await own.kill();
    await both;
    await own.restart();
    await eventually(async () => assert.equal(await client.command("n", ["GET", "n"]), "0"));
    await client.close();
  });

  test("paused: refused within the time of a command; resumed: works by itself", async () => {
    await using own = await startRedis();
    const client = await connectRedis(options(own, { commandTimeoutMs: 200 }));
    process.kill(own.pid, "SIGSTOP");
    try {
      const startedAtMs = Date.now();
      await assert.rejects(client.command("k", ["GET", "k"]), unavailable);
      assert.ok(Date.now() - startedAtMs >= 190);
    } finally {
      process.kill(own.pid, "SIGCONT");
    }
    await eventually(async () => {
      assert.equal(await client.command("k", ["ECHO", "own answer"]), "own answer");
    });
    await client.close();
  });

  test("more commands than may wait are refused at once, the others are not", async () => {
    await using own = await startRedis();
    const client = await connectRedis(options(own, { commandTimeoutMs: 120_000 }));
    process.kill(own.pid, "SIGSTOP");
    let settled: PromiseSettledResult<unknown>[];
    try {
      const commands = Array.from({ length: 100_010 }, () => client.command("k", ["PING"]));
      await assert.rejects(commands.at(-1) as Promise<unknown>, unavailable);
      process.kill(own.pid, "SIGCONT");
      settled = await Promise.allSettled(commands);
    } finally {
      process.kill(own.pid, "SIGCONT");
    }
    const refused = settled.filter(({ status }) => status === "rejected").length;
    assert.ok(refused >= 10 && refused < 20, `${refused} refused`);
    await client.close();
  });

  test("paused: a connection that waits for a reply is closed all the same", async () => {
    await using own = await startRedis();
    const client = await connectRedis(options(own, { commandTimeoutMs: 200 }));
    process.kill(own.pid, "SIGSTOP");
    try {
      await assert.rejects(client.ping(), unavailable);
      await client.close();
    } finally {
      process.kill(own.pid, "SIGCONT");
    }
  });

  test("it can be closed while the server is gone", async () => {
    const own = await startRedis();
    const client = await connectRedis(options(own));
    await own.stop();
    await assert.rejects(client.ping(), unavailable);
    await client.close();
  });
});

test("refused at start: keeps trying until the server is there", async () => {
  const own = await startRedis({ port: true });
  await own.kill();
  const faults: string[] = [];
  const connecting = connectTestRedis(own.url, {
    onError: (error) => faults.push((error as NodeJS.ErrnoException).code ?? error.message),
  });
  await eventually(() => assert.ok(faults.length >= 2));
  assert.ok(faults.every((fault) => fault === "ECONNREFUSED"));
  await own.restart();
  const client = await connecting;
  await client.ping();
  await client.close();
  await own.stop();
});

test("a server that takes connections and says nothing is left for a new try", async () => {
  await using own = await startRedis();
  process.kill(own.pid, "SIGSTOP");
  const faults: Error[] = [];
  const connecting = connectRedis({ urls: [own.url], name: "test", onError: (error) => faults.push(error) });
  try {
    await eventually(() => assert.ok(faults.length >= 1));
  } finally {
    process.kill(own.pid, "SIGCONT");
  }
  const client = await connecting;
  await eventually(() => client.ping());
  await client.close();
});

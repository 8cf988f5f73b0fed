import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { waitUntil } from "#platform/testing/eventually.ts";
import { findFreePortOffset, findPortsInUse, resolvePorts, type ServiceName } from "./ports.ts";
import { areReady } from "./readiness.ts";
import { type Stack, type StackOptions, type StackPart, startStack } from "./stack.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-stack-"));
after(() => rmSync(folder, { recursive: true }));

const fakeServicePath = join(import.meta.dirname, "testing/fake-service.ts");
const fake = (name: ServiceName) => [process.execPath, fakeServicePath, name] as const;
const commands = { core: fake("core"), admin: fake("admin") };

/** A stack of fake services on free ports that writes down what its parts say. */
async function prepare(changes: Partial<StackOptions> = {}) {
  const lines: Array<[part: StackPart, line: string]> = [];
  const portOffset = await findFreePortOffset();
  const options: StackOptions = {
    dataFolder: join(folder, String(portOffset)),
    portOffset,
    services: ["core", "admin"],
    commands,
    environment: { PATH: process.env.PATH },
    onLine: (part, line) => lines.push([part, line]),
    ...changes,
  };
  return { options, lines, ports: resolvePorts(portOffset, {}) };
}

test("services get one Redis, secrets, their data folder and the port offset", async () => {
  const { options, ports } = await prepare();
  await using stack = await startStack(options);
  const response = await fetch(`http://127.0.0.1:${stack.ports.core}/environment`);
  const environment = (await response.json()) as NodeJS.ProcessEnv;
  assert.match(
    environment.REDIS_URL ?? "",
    new RegExp(`^redis://:[\\w-]{43}@127\\.0\\.0\\.1:${ports.redis}$`),
  );
  assert.equal(environment.REDIS_URL, stack.environment.REDIS_URL);
  assert.equal(environment.PORT_OFFSET, String(options.portOffset));
  assert.equal(environment.PRICING_URL, `http://127.0.0.1:${ports.pricing}`);
  assert.equal(environment.EXCHANGE_ALLOW_BUNDLED, "true");
  assert.equal(environment.LOG_FORMAT, "pretty");
  assert.match(environment.JWT_SECRET ?? "", /^[\w-]{43}$/);
  assert.match(environment.ADMIN_KEY ?? "", /^[\w-]{43}$/);
  assert.ok(existsSync(environment.DATA_DIR ?? ""));
});

test("the environment wins over the launcher's defaults, and a REDIS_URL means no Redis of its own", async () => {
  const environment = {
    PATH: process.env.PATH,
    REDIS_URL: "redis://elsewhere:1",
    LOG_FORMAT: "json",
    JWT_SECRET: "x".repeat(32),
    ADMIN_KEY_FILE: "/run/secrets/admin",
  };
  const { options } = await prepare({ environment });
  await using stack = await startStack(options);
  assert.equal(stack.environment.REDIS_URL, "redis://elsewhere:1");
  assert.equal(stack.environment.LOG_FORMAT, "json");
  assert.equal(stack.environment.JWT_SECRET, environment.JWT_SECRET);
  assert.equal(stack.environment.ADMIN_KEY, undefined);
  assert.equal(stack.pidOf("core") !== undefined, true);
  assert.throws(() => stack.pidOf("redis"), /redis is not a part of this stack/);
});

test("stop drains the services, frees every port and may be repeated", async () => {
  const { options, lines, ports } = await prepare();
  const stack = await startStack(options);
  await stack.stop();
  await stack.stop();
  assert.deepEqual(await findPortsInUse(ports, ["core", "admin", "adminHttp", "redis"]), []);
  await waitUntil("both last lines", () => lines.filter(([, line]) => line === "drained").length === 2);
});

test("a killed part stays down until it is restarted, and the data of Redis survive", async () => {
  const { options } = await prepare({ services: ["core"] });
  await using stack = await startStack(options);
  await askRedis(stack, "SET kept 1");
  await stack.kill("core");
  await stack.kill("redis");
  assert.deepEqual([stack.pidOf("core"), stack.pidOf("redis")], [undefined, undefined]);
  await stack.restart("redis");
  await stack.restart("core");
  assert.match(await askRedis(stack, "GET kept"), /\$1\r\n1\r\n/);
  // One look may be too short on a busy machine.
  await waitUntil("it answers", () => areReady([`http://127.0.0.1:${stack.ports.core}/readyz`]));
});

test("the Redis of a stack asks for its password", async () => {
  const { options } = await prepare({ services: [] });
  await using stack = await startStack(options);
  assert.match(await askPort(stack.ports.redis, "GET a"), /^-NOAUTH/);
});

test("with restartOnCrash a crashed service comes back by itself and the log says so", async () => {
  const { options, lines } = await prepare({ services: ["core"], restartOnCrash: true });
  await using stack = await startStack(options);
  const firstPid = stack.pidOf("core");
  await assert.rejects(fetch(`http://127.0.0.1:${stack.ports.core}/crash`));
  await waitUntil("the restart", () => ![undefined, firstPid].includes(stack.pidOf("core")));
  await stack.waitUntilReady();
  assert.ok(
    lines.some(([part, line]) => part === "core" && /ended with code 3; starting it again/.test(line)),
  );
});

test("a service that ends while it starts fails the start with its name, and nothing is left running", async () => {
  const { options, lines, ports } = await prepare({
    environment: { PATH: process.env.PATH, FAKE_BROKEN: "admin" },
  });
  await assert.rejects(startStack(options), /^Error: admin does not stay up/);
  assert.ok(lines.some(([part, line]) => part === "admin" && line.includes("configuration is wrong")));
  assert.deepEqual(await findPortsInUse(ports, ["core", "admin", "adminHttp", "redis"]), []);
});

test("a service that does not become ready in time is named with its address", async () => {
  const environment = { PATH: process.env.PATH, FAKE_UNREADY: "core" };
  const { options, ports } = await prepare({ environment, readyWithinMs: 700 });
  const expected = new RegExp(
    `core is not ready after 0\\.7 s \\(http://127\\.0\\.0\\.1:${ports.core}/readyz\\)`,
  );
  await assert.rejects(startStack(options), expected);
});

test("a taken port is named before anything starts, with the way out", async () => {
  const { options, ports } = await prepare();
  const squatter = createServer().listen(ports.adminHttp, "127.0.0.1");
  await once(squatter, "listening");
  try {
    const expected = new RegExp(`Port in use: ${ports.adminHttp} \\(adminHttp\\).*PORT_OFFSET=`);
    await assert.rejects(startStack(options), expected);
    assert.equal(existsSync(options.dataFolder), false);
  } finally {
    squatter.close();
  }
});

test("a stack whose launcher is killed leaves no process behind", async () => {
  const { options, ports } = await prepare();
  const program = `
    import { startStack } from ${JSON.stringify(join(import.meta.dirname, "stack.ts"))};
    await startStack(${JSON.stringify(options)});
    process.stdout.write("started");
    setInterval(() => {}, 1000);
  `;
  const launcher = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(launcher.stdout, "data");
  launcher.kill("SIGKILL");
  const names = ["core", "admin", "adminHttp", "redis"] as const;
  await waitUntil("the end of all parts", async () => (await findPortsInUse(ports, names)).length === 0);
});

function askRedis(stack: Stack, command: string): Promise<string> {
  const password = new URL(stack.environment.REDIS_URL!).password;
  return askPort(stack.ports.redis, `AUTH ${password}\r\n${command}`);
}

async function askPort(port: number, commands: string): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  socket.write(`${commands}\r\nQUIT\r\n`);
  let reply = "";
  for await (const chunk of socket) {
    reply += chunk;
  }
  return reply;
}

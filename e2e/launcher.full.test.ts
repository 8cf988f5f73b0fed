import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { patientRedisMs } from "#platform/testing/test-redis.ts";
import { ensureRedisServer } from "../tools/local/fetch-redis.ts";
import {
  findFreePortOffset,
  findPortsInUse,
  type PortName,
  resolvePorts,
  serviceNames,
} from "../tools/local/ports.ts";
import { type CheckoutCopy, copyCheckout } from "./testing/checkout-copy.ts";
import { hasProcFolder, processesWithEnvironment } from "./testing/process-facts.ts";
import { runCommand } from "./testing/run-command.ts";
import { plainEnvironment } from "./testing/test-stack.ts";

/** Stands in the environment of everything that these tests start, directly or not. */
const marker = `holdfast-launcher-test-${randomUUID()}`;
/** Longer than the launcher itself waits, so that its own reason is what a failure shows. */
const startedWithinMs = 150_000;

let checkout: CheckoutCopy;
let portOffset: number;
let launcher: ChildProcess;
let output = "";

before(async () => {
  const redisServer = await ensureRedisServer(() => {});
  process.env.REDIS_SERVER = redisServer;
  checkout = copyCheckout();
  portOffset = await findFreePortOffset();
  launcher = spawn(process.execPath, ["tools/local/dev.ts"], {
    cwd: checkout.folder,
    env: environmentWith(portOffset),
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [launcher.stdout, launcher.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
});

after(async () => {
  if (launcher?.exitCode === null) launcher.kill("SIGKILL");
  // What was tethered to the launcher ends by itself, and holds the folder until then.
  await eventually(() => assert.deepEqual(leftProcesses(), [])).finally(() => checkout?.[Symbol.dispose]());
});

function environmentWith(offset: number): NodeJS.ProcessEnv {
  // Nobody repeats the calls of the quick start because Redis stood still for a moment.
  const patience = { REDIS_TIMEOUT_MS: String(patientRedisMs) };
  return { ...plainEnvironment(), ...patience, MARKER: marker, PORT_OFFSET: String(offset) };
}

function leftProcesses(): number[] {
  return hasProcFolder ? processesWithEnvironment(marker) : [];
}

function openPorts(offset: number): Promise<PortName[]> {
  const ports = resolvePorts(offset, {});
  return findPortsInUse(ports, Object.keys(ports) as PortName[]);
}

/** Runs a program of a checkout in its folder. */
async function runIn(folder: string, offset: number, command: string, timeoutMs = startedWithinMs) {
  const script = `cd '${folder}' && ${command.replaceAll(/\bnode\b/g, `'${process.execPath}'`)}`;
  return runCommand("/bin/sh", ["-c", script], { environment: environmentWith(offset), timeoutMs });
}

/** Waits for the launcher to print this; fails at once if it gives up. */
async function outputHas(expected: RegExp): Promise<void> {
  const hasGivenUp = () => launcher.exitCode !== null || output.includes("Its log says why");
  await waitUntil(`${expected} printed`, () => expected.test(output) || hasGivenUp(), startedWithinMs);
  assert.match(output, expected);
}

/** The demo played through, in both currencies, and every amount could be derived anew. */
function assertDemoPlayed({ code, stdout, stderr }: Awaited<ReturnType<typeof runIn>>): void {
  assert.equal(code, 0, stdout + stderr);
  for (const currency of ["USD", "EUR"]) assert.match(stdout, new RegExp(`An account held in ${currency}`));
  assert.equal(stdout.match(/matches what was booked/g)?.length, 2);
  assert.match(stdout, /1\.1684 \(EUR→USD, ecb\) of 2026-04-13/);
}

test("a first start makes secrets, starts everything and prints what to do next", async () => {
  await outputHas(/The tour: make demo/);
  const ports = resolvePorts(portOffset, {});
  for (const service of serviceNames)
    assert.match(output, new RegExp(`${service} +127\\.0\\.0\\.1:${ports[service]}\\b`));
  assert.match(output, /wrote random JWT_SECRET, ADMIN_KEY, AUDIT_KEY, CHANNEL_KEY, REDIS_PASSWORD to \.env/);
  const secrets = join(checkout.folder, ".env");
  assert.equal(statSync(secrets).mode & 0o777, 0o600);
  for (const [, value] of readFileSync(secrets, "utf8").matchAll(/^[A-Z_]+=(.+)$/gm))
    assert.ok(!output.includes(value!), "no secret is printed");
});

test("the commands of the quick start run as they stand", async () => {
  const start = output.indexOf("TOKEN=$(make -s token)");
  const commands = output.slice(start, output.indexOf("The tour:"));
  const { code, stdout, stderr } = await runIn(
    checkout.folder,
    portOffset,
    // `make token` is this program; make itself would look after the packages of the copy first.
    commands.replace("make -s token", "node tools/local/token.ts"),
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"account":\{"accountId":"acme","currencyCode":"USD"/);
  assert.match(stdout, /"balance":\{"accountId":"acme","posted":\{"currencyCode":"USD","amount":"0"\}/);

  const checkoutUrl = /"checkoutUrl":"([^"]+)"/.exec(stdout)?.[1];
  assert.ok(checkoutUrl, stdout);
  const body = new URLSearchParams({ action: "pay" });
  const paid = await fetch(checkoutUrl, { method: "POST", body, redirect: "follow" });
  assert.match(await paid.text(), /20 USD/);
  const balance = commands.slice(commands.indexOf("TOKEN="), commands.indexOf("curl"));
  const getBalance = /curl[^\n]*GetBalance[^\n]*\n[^\n]*/.exec(commands)?.[0];
  await eventually(async () => {
    const shown = await runIn(
      checkout.folder,
      portOffset,
      `${balance.replace("make -s token", "node tools/local/token.ts")}\n${getBalance}`,
    );
    assert.match(shown.stdout, /"posted":\{"currencyCode":"USD","amount":"20"\}/);
  }, startedWithinMs);
});

test("the demo plays on the running stack and leaves it running", async () => {
  const result = await runIn(checkout.folder, portOffset, "node examples/demo/main.ts");
  assertDemoPlayed(result);
  assert.match(result.stdout, /Using the stack that is running/);
  assert.equal(launcher.exitCode, null);
});

test("a second start in the same checkout is refused", async () => {
  const { code, stdout } = await runIn(
    checkout.folder,
    await findFreePortOffset(),
    "node tools/local/dev.ts",
  );
  assert.equal(code, 1);
  assert.match(stdout, new RegExp(`a stack already runs in this checkout \\(process ${launcher.pid},`));
});

test("in another checkout the demo starts a stack beside the first one, and stops it", async () => {
  using other = copyCheckout();
  const otherOffset = await findFreePortOffset();
  const result = await runIn(other.folder, otherOffset, "node examples/demo/main.ts");
  assertDemoPlayed(result);
  assert.match(result.stdout, /No stack is running/);
  await eventually(async () => assert.deepEqual(await openPorts(otherOffset), []));
  assert.equal(existsSync(join(other.folder, ".data/dev.pid")), false);
  for (const service of serviceNames) {
    const url = `http://127.0.0.1:${resolvePorts(portOffset, {})[service]}/readyz`;
    // One late answer of Redis takes readiness for a second.
    await eventually(async () => {
      assert.equal((await fetch(url)).status, 200, `${service} of the first stack`);
    });
  }
});

test("a changed source restarts its service", async () => {
  appendFileSync(join(checkout.folder, "services/pricing/config.ts"), "\n");
  await outputHas(/pricing is ready again/);
  assert.match(output, /services\/pricing\/config\.ts changed: restarting pricing\b/);
});

test("Ctrl-C stops everything and leaves no process, port or lock behind", async () => {
  launcher.kill("SIGINT");
  await waitUntil("the end of the launcher", () => launcher.exitCode !== null, startedWithinMs);
  assert.equal(launcher.exitCode, 0, output);
  assert.match(output, /stopped\n$/);
  await eventually(async () => {
    assert.deepEqual(leftProcesses(), []);
    assert.deepEqual(await openPorts(portOffset), []);
  });
  assert.equal(existsSync(join(checkout.folder, ".data/dev.pid")), false);
  assert.doesNotMatch(output, /FATAL|ERROR/);
});

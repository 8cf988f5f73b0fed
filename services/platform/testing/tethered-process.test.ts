import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { spawnTethered } from "./tethered-process.ts";

test("the process id is the command's own, and its exit code is reported", async () => {
  const child = spawnTethered("sh", ["-c", "echo $$; exit 7"]);
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  assert.equal(Number(line), child.pid);
  assert.deepEqual(await child.waitForExit(), { code: 7, signal: null });
  assert.equal(child.isRunning(), false);
});

test("environment and folder reach the command", async () => {
  const environment = { ...process.env, GREETING: "hello there" };
  const child = spawnTethered("sh", ["-c", 'echo "$GREETING $PWD"'], { cwd: "/", environment });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  assert.equal(line, "hello there /\n");
});

test("terminate gives a willing process the chance to end by itself", async () => {
  const child = await startReady("trap 'exit 3' TERM");
  assert.deepEqual(await child.terminate(10_000), { code: 3, signal: null });
});

test("terminate kills a process that ignores SIGTERM, after the grace", async () => {
  const child = await startReady("trap '' TERM");
  assert.deepEqual(await child.terminate(50), { code: null, signal: "SIGKILL" });
});

test("terminate and waitForExit of an ended process answer at once, and signals are ignored", async () => {
  const child = spawnTethered("sh", ["-c", "exit 0"]);
  await child.waitForExit();
  child.signal("SIGKILL");
  assert.deepEqual(await child.terminate(1), { code: 0, signal: null });
  assert.deepEqual(await child.waitForExit(), { code: 0, signal: null });
});

test("a command that does not exist ends with code 127 and says so", async () => {
  const child = spawnTethered("/nonexistent/command", []);
  const [words, { code }] = await Promise.all([text(child.stderr), child.waitForExit()]);
  assert.match(words, /not found/);
  assert.equal(code, 127);
});

/** A shell that has set its trap and then waits. */
async function startReady(trap: string) {
  const child = spawnTethered("sh", ["-c", `${trap}; echo ready; while :; do sleep 0.01; done`]);
  await once(child.stdout, "data");
  return child;
}

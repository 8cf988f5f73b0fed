import assert from "node:assert/strict";
import { test } from "node:test";
import { startRestartable } from "./restartable-process.ts";
import { spawnTethered } from "./tethered-process.ts";

const startSleeper = () => spawnTethered("sleep", ["600"]);

test("a killed child is replaced by a new one", async () => {
  const child = startRestartable(startSleeper);
  const first = child.current;
  assert.deepEqual(await child.kill(), { code: null, signal: "SIGKILL" });
  const second = await child.restart();
  assert.equal(second, child.current);
  assert.notEqual(second.pid, first.pid);
  assert.ok(second.isRunning());
  assert.equal(child.startCount, 2);
  await child.kill();
});

test("restart kills a child that still runs", async () => {
  const child = startRestartable(startSleeper);
  const first = child.current;
  await child.restart();
  assert.ok(!first.isRunning());
  assert.ok(child.current.isRunning());
  await child.kill();
});

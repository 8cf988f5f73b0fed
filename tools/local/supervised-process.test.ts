import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProcessExit } from "#platform/testing/tethered-process.ts";
import { type SupervisedChild, SupervisedProcess } from "./supervised-process.ts";

/** A child that ends when it is told to. */
class FakeChild implements SupervisedChild {
  readonly pid: number;
  readonly #ended = Promise.withResolvers<ProcessExit>();
  #running = true;

  constructor(pid: number) {
    this.pid = pid;
  }

  isRunning(): boolean {
    return this.#running;
  }

  end(code: number | null, signal: NodeJS.Signals | null = null): void {
    this.#running = false;
    this.#ended.resolve({ code, signal });
  }

  signal(signal: NodeJS.Signals): void {
    this.end(null, signal);
  }

  waitForExit(): Promise<ProcessExit> {
    return this.#ended.promise;
  }

  terminate(): Promise<ProcessExit> {
    this.end(0);
    return this.waitForExit();
  }
}

function supervise(restartOnCrash: boolean) {
  const children: FakeChild[] = [];
  const events: string[] = [];
  let failures = 0;
  const process = new SupervisedProcess({
    start: () => {
      assert.ok(
        children.every((child) => !child.isRunning()),
        "only one may run at a time",
      );
      if (failures > 0) {
        failures -= 1;
        throw new Error("no memory");
      }
      children.push(new FakeChild(children.length + 1));
      return children.at(-1)!;
    },
    stopGraceMs: 1_000,
    restartOnCrash,
    onEvent: (text) => events.push(text),
  });
  const failNext = (times: number): void => {
    failures = times;
  };
  return { process, children, events, failNext };
}

/** Lets what has been resolved take its course. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve();
  }
}

test("a crashed process starts again after a pause that doubles up to 10 s", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { process, children, events } = supervise(true);
  await process.start();
  for (const pauseMs of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    const count = children.length;
    children.at(-1)!.end(1);
    await settle();
    context.mock.timers.tick(pauseMs - 1);
    await settle();
    assert.equal(children.length, count, `not before ${pauseMs} ms`);
    context.mock.timers.tick(1);
    await settle();
    assert.equal(children.length, count + 1, `after ${pauseMs} ms`);
  }
  assert.equal(events[0], "ended with code 1; starting it again in 0.5 s");
});

test("having run for long, the pause is the first one again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { process, children, events } = supervise(true);
  await process.start();
  children.at(-1)!.end(1);
  await settle();
  context.mock.timers.tick(500);
  await settle();
  context.mock.timers.tick(30_001);
  children.at(-1)!.end(null, "SIGSEGV");
  await settle();
  assert.equal(events.at(-1), "ended by SIGSEGV; starting it again in 0.5 s");
  assert.equal(process.crashes, 1);
});

test("a start that fails rejects, a restart after a crash that fails is tried again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { process, children, events, failNext } = supervise(true);
  failNext(1);
  await assert.rejects(process.start(), /no memory/);
  await process.start();
  failNext(1);
  children[0]!.end(1);
  await settle();
  context.mock.timers.tick(500);
  await settle();
  assert.equal(events.at(-1), "did not start (no memory); starting it again in 1 s");
  context.mock.timers.tick(1_000);
  await settle();
  assert.equal(process.pid, 2);
});

const endings: ReadonlyArray<[name: string, end: (process: SupervisedProcess) => Promise<void>]> = [
  ["stop", (process) => process.stop()],
  ["kill", (process) => process.kill()],
];
for (const [name, end] of endings) {
  test(`after ${name} it stays down, also when a restart was due`, async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const { process, children, events } = supervise(true);
    await process.start();
    await end(process);
    assert.deepEqual([process.pid, process.isKept(), events.length], [undefined, false, 0]);
    await process.restart();
    children.at(-1)!.end(1);
    await settle();
    await end(process);
    context.mock.timers.tick(60_000);
    await settle();
    assert.equal(children.length, 2);
  });
}

test("without restartOnCrash an end is told and left", async () => {
  const { process, children, events } = supervise(false);
  await process.start();
  children[0]!.end(3);
  await settle();
  assert.deepEqual(events, ["ended with code 3"]);
  assert.deepEqual([process.isKept(), process.crashes], [false, 1]);
});

test("overlapping operations run one after the other and the last one counts", async () => {
  const { process, children } = supervise(false);
  await Promise.all([process.start(), process.restart(), process.restart()]);
  assert.deepEqual([process.pid, children.length], [3, 3]);
  await Promise.all([process.restart(), process.stop()]);
  assert.deepEqual([process.pid, process.isKept()], [undefined, false]);
  await Promise.all([process.stop(), process.start()]);
  assert.equal(process.isRunning(), true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Deadline, PendingDeadlines } from "./pending-deadlines.ts";

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("watch" as const), dueInMs: fc.integer({ min: -5, max: 60 }) }),
    fc.record({ kind: fc.constant("forget" as const), index: fc.nat({ max: 30 }) }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40 }) }),
  ),
  { maxLength: 60 },
);

test("each deadline that is not forgotten is told once, at its time or little later", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  fc.assert(
    fc.property(steps, (taken) => {
      const pending = new PendingDeadlines();
      const watched: (Deadline & { toldAtMs: number[]; isForgotten: boolean })[] = [];
      for (const step of taken) {
        if (step.kind === "wait") context.mock.timers.tick(step.ms);
        else if (step.kind === "watch") {
          const toldAtMs: number[] = [];
          const dueAtMs = Date.now() + step.dueInMs;
          const onDue = () => toldAtMs.push(Date.now());
          const deadline = { dueAtMs, place: -1, toldAtMs, isForgotten: false, onDue };
          watched.push(deadline);
          pending.watch(deadline);
        } else {
          const deadline = watched[step.index % Math.max(1, watched.length)];
          if (deadline === undefined) continue;
          deadline.isForgotten ||= deadline.toldAtMs.length === 0;
          pending.forget(deadline);
        }
      }
      context.mock.timers.tick(200);
      for (const { dueAtMs, toldAtMs, isForgotten } of watched) {
        assert.equal(toldAtMs.length, isForgotten ? 0 : 1);
        for (const atMs of toldAtMs) assert.ok(atMs >= dueAtMs);
      }
    }),
  );
});

test("a deadline that ends others when it is due", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const pending = new PendingDeadlines();
  const told: number[] = [];
  const deadlines: Deadline[] = Array.from({ length: 9 }, (_, index) => ({
    dueAtMs: Date.now() + 10,
    place: -1,
    onDue: () => {
      told.push(index);
      for (const other of deadlines) if (other !== deadlines[3]) pending.forget(other);
    },
  }));
  for (const deadline of deadlines) pending.watch(deadline);
  context.mock.timers.tick(100);
  assert.deepEqual(told, [8, 3]);
});

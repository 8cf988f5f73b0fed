import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type AlertPhase, isActive, nextPhase, type PhaseTiming } from "./alert-state.ts";

const minuteMs = 60_000;
const at0 = Date.UTC(2026, 0, 1);

/**
 * One line per case: the timing, then per minute whether the condition holds (+ or -, a dot where nothing was
 * evaluated), and the states that follow: i(nactive), p(ending), f(iring), k(ept firing), r(esolved), _ no alert.
 */
const tables: ReadonlyArray<[what: string, timing: Partial<PhaseTiming>, holds: string, states: string]> = [
  ["fires at once without `for`", {}, "-++-", "_ffr"],
  ["fires when `for` is over, not before", { forMs: 2 * minuteMs }, "+++++", "ppfff"],
  ["fires exactly when `for` is over", { forMs: minuteMs }, "++", "pf"],
  ["is forgotten if it ends while pending", { forMs: 2 * minuteMs }, "++-+++", "ppippf"],
  ["is another alert after it was resolved", {}, "+-+", "frf"],
  ["is kept firing", { keepFiringForMs: 2 * minuteMs }, "+---", "fkkr"],
  ["is kept firing, and holds again", { keepFiringForMs: 2 * minuteMs }, "+-+---", "fkfkkr"],
  ["is not kept pending", { forMs: minuteMs, keepFiringForMs: minuteMs }, "+-", "pi"],
  ["waits for `for` also over a time without evaluations", { forMs: 3 * minuteMs }, "+..+", "p..f"],
  ["is kept firing over a time without evaluations", { keepFiringForMs: 2 * minuteMs }, "+-.-", "fk.r"],
];

const letters = { inactive: "i", pending: "p", firing: "f", resolved: "r" } as const;

function play(timing: PhaseTiming, holds: string): { states: string; phases: AlertPhase[] } {
  let present: AlertPhase | undefined;
  let states = "";
  const phases: AlertPhase[] = [];
  for (const [minute, sign] of [...holds].entries()) {
    if (sign === ".") {
      states += ".";
      continue;
    }
    const next = nextPhase(present, sign === "+", timing, at0 + minute * minuteMs);
    if (next !== undefined) phases.push(next);
    const kept = next?.keepFiringSinceMs !== undefined;
    states += next === undefined ? "_" : kept ? "k" : letters[next.state];
    present = next !== undefined && isActive(next) ? next : undefined;
  }
  return { states, phases };
}

describe("an alert", () => {
  for (const [what, timing, holds, states] of tables) {
    test(`${what}: ${holds} → ${states}`, () => {
      assert.equal(play({ forMs: 0, keepFiringForMs: 0, ...timing }, holds).states, states);
    });
  }

  test("knows since when it holds, when it fired and when it ended", () => {
    const { phases } = play({ forMs: minuteMs, keepFiringForMs: minuteMs }, "-++--");
    const minutesOf = (phase: AlertPhase) =>
      [phase.activeAtMs, phase.firedAtMs, phase.keepFiringSinceMs, phase.endedAtMs].map((time) =>
        time === undefined ? undefined : (time - at0) / minuteMs,
      );
    assert.deepEqual(phases.map(minutesOf), [
      [1, undefined, undefined, undefined],
      [1, 2, undefined, undefined],
      [1, 2, 3, undefined],
      [1, 2, undefined, 4],
    ]);
  });

  test("never fires before its condition held for `for`, and ends only when it does not hold", () => {
    const signs = fc.array(fc.constantFrom("+", "-"), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(signs, fc.nat(5), fc.nat(5), (holds, forMinutes, keepMinutes) => {
        const timing = { forMs: forMinutes * minuteMs, keepFiringForMs: keepMinutes * minuteMs };
        const { states } = play(timing, holds.join(""));
        for (const [minute, state] of [...states].entries()) {
          const before = states[minute - 1] ?? "_";
          if (state === "f" && !"fk".includes(before))
            assert.ok(
              holds.slice(Math.max(0, minute - forMinutes), minute + 1).every((sign) => sign === "+"),
            );
          if ("irk".includes(state)) assert.equal(holds[minute], "-");
          if ("pf".includes(state)) assert.equal(holds[minute], "+");
        }
      }),
    );
  });
});

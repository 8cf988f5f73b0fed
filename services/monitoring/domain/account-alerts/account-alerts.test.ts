import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AccountState, type AccountThreshold, newAccountState } from "../intake/account-state.ts";
import type { LedgerEvent } from "../intake/ledger-event.ts";
import type { AccountRule, SpendSpikeRule } from "./account-crossing.ts";
import { detectCrossings, groupRules, passTime } from "./detect-crossings.ts";

const hourMs = 3_600_000;

const lowBalance: AccountRule = {
  kind: "low_balance",
  ruleId: "low",
  defaultLevels: [
    { name: "low", threshold: { amount: "10", currencyCode: "USD" } },
    { name: "critical", threshold: { amount: "0", currencyCode: "USD" } },
    { name: "yen", threshold: { amount: "1000", currencyCode: "JPY" } },
  ],
  rearmPercent: "10",
};

/** An event after which an account at scale 2 has this much. */
function eventAt(sequence: number, spendableAtoms: bigint, fields: Partial<LedgerEvent> = {}): LedgerEvent {
  return {
    accountId: "acct",
    sequence,
    atMs: sequence * 1_000,
    type: "CHARGE",
    postedAtoms: spendableAtoms,
    reservedAtoms: 0n,
    creditLimitAtoms: 0n,
    legs: [],
    openHoldsChange: 0,
    source: "",
    uncollectedAtoms: 0n,
    ...fields,
  };
}

/** What an account with these spendable amounts, one after the other, crosses. */
function play(
  spendable: readonly string[],
  {
    thresholds = [],
    lastCreditAtoms = 0n,
  }: { thresholds?: AccountThreshold[]; lastCreditAtoms?: bigint } = {},
): string[] {
  const rules = groupRules([lowBalance]);
  let state: AccountState = {
    ...newAccountState({ currencyCode: "USD", ledgerScale: 2, thresholds }),
    lastCreditAtoms,
  };
  return spendable.flatMap((amount, position) => {
    const atoms = BigInt(Math.round(Number(amount) * 100));
    const outcome = detectCrossings(state, eventAt(position + 1, atoms), rules);
    state = outcome.state;
    return outcome.crossings.map(({ level, step }) => `${amount} ${level} ${step}`);
  });
}

describe("a low balance", () => {
  for (const [name, spendable, crossings] of [
    ["is not crossed by an account that never was above the line", ["0", "5", "10"], []],
    ["fires exactly on the line", ["10.01", "10"], ["10 low fired"]],
    ["fires once, however long it stays below", ["20", "9", "8", "9.99", "1"], ["9 low fired"]],
    ["is not armed again just above the line", ["20", "10", "10.99", "10"], ["10 low fired"]],
    [
      "is resolved and armed a tenth above the line",
      ["20", "10", "11", "10"],
      ["10 low fired", "11 low resolved", "10 low fired"],
    ],
    ["fires every level that one debit passes", ["20", "-1"], ["-1 low fired", "-1 critical fired"]],
    [
      "at the level 0 is resolved by any amount above it",
      ["20", "0", "0.01", "11"],
      ["0 low fired", "0 critical fired", "0.01 critical resolved", "11 low resolved"],
    ],
  ] as const) {
    test(name, () => assert.deepEqual(play(spendable), crossings));
  }

  test("has the account's own thresholds in the place of the rule's levels", () => {
    const thresholds = [{ amount: "5.00" }, { percentOfLastCredit: 20 }];
    assert.deepEqual(play(["100", "20", "10", "5", "0"], { thresholds, lastCreditAtoms: 100_00n }), [
      "20 20% fired",
      "5 5.00 fired",
    ]);
  });

  test("counts the credit limit in and what is reserved out", () => {
    const rules = groupRules([lowBalance]);
    const state = newAccountState({ currencyCode: "USD", ledgerScale: 2, thresholds: [] });
    const above = detectCrossings(state, eventAt(1, 50_00n), rules).state;
    const held = eventAt(2, 50_00n, { reservedAtoms: 45_00n, creditLimitAtoms: 5_00n });
    const [crossing] = detectCrossings(above, held, rules).crossings;
    assert.equal(crossing?.value, "10");
    assert.match(crossing.reason, /^10 USD spendable is at or below the line of 10 USD$/);
  });

  test("is remembered for no rule that is gone", () => {
    const state = newAccountState({ currencyCode: "USD", ledgerScale: 2, thresholds: [] });
    const fired = detectCrossings(
      detectCrossings(state, eventAt(1, 50_00n), groupRules([lowBalance])).state,
      eventAt(2, 0n),
      groupRules([lowBalance]),
    ).state;
    assert.deepEqual(detectCrossings(fired, eventAt(3, 0n), groupRules([])).state.levels, {});
  });
});

const spike: SpendSpikeRule = {
  kind: "spend_spike",
  ruleId: "spike",
  windowMs: hourMs,
  factor: "3",
  baselineMs: 10 * hourMs,
  minimumHistoryMs: 5 * hourMs,
  minimumSpends: { USD: "1" },
};

/** An account that spends so much (in cents) at these hours; gives what it crosses, by hour. */
function spend(cents: ReadonlyArray<readonly [hour: number, atoms: bigint]>) {
  const rules = groupRules([spike]);
  let state: AccountState = newAccountState({ currencyCode: "USD", ledgerScale: 2, thresholds: [] });
  const crossings = cents.flatMap(([hour, atoms], position) => {
    const legs = [{ column: "spent", amountAtoms: atoms, kind: "purchased" } as const];
    const event = eventAt(position + 1, 1_000_00n, { atMs: 1_000 * hourMs + hour * hourMs, legs });
    const outcome = detectCrossings(state, event, rules);
    state = outcome.state;
    return outcome.crossings.map(({ step, value, threshold }) => `${hour}: ${step} ${value} of ${threshold}`);
  });
  return { state, crossings, rules };
}

const steady = Array.from({ length: 11 }, (_, hour) => [hour, 100n] as const);

describe("a spend spike", () => {
  test("fires when the window's spend is the factor times the usual one", () => {
    assert.deepEqual(spend([...steady, [11, 299n]]).crossings, []);
    assert.deepEqual(spend([...steady, [11, 300n]]).crossings, ["11: fired 3 of 3"]);
  });
  test("leaves accounts alone whose history is too short, and spend below the minimum", () => {
    assert.deepEqual(spend([...steady.slice(0, 5), [5, 10_000n]]).crossings, []);
    const little = steady.map(([hour]) => [hour, 1n] as const);
    assert.deepEqual(spend([...little, [11, 99n]]).crossings, []);
  });
  test("ends when the spend is below four fifths of the line, also if nothing more is spent", () => {
    const { state, rules } = spend([...steady, [11, 500n]]);
    const later = (hour: number) =>
      passTime(state, rules, {
        accountId: "acct",
        sequence: 12,
        atMs: 1_000 * hourMs + hour * hourMs,
        atoms: 0n,
      }).crossings.map(({ step }) => step);
    assert.deepEqual(later(11.5), []);
    assert.deepEqual(later(12.1), ["resolved"]);
  });
  test("states both figures", () => {
    const rules = groupRules([spike]);
    const { state } = spend(steady);
    const legs = [{ column: "spent", amountAtoms: 900n, kind: "purchased" } as const];
    const event = eventAt(12, 0n, { atMs: 1_000 * hourMs + 11 * hourMs, legs });
    const [crossing] = detectCrossings(state, event, rules).crossings;
    assert.equal(crossing?.reason, "9 USD spent within 1 hour; usual in such a time is 1 USD");
  });
});

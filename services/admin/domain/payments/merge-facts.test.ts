import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import type { EventNote } from "./event-table.ts";
import { mergeFacts, paymentOfSession } from "./merge-facts.ts";
import { isWithdrawn, type Payment, refundedAmount, stateOf, targetOf } from "./payment.ts";
import { reversedTotalOf } from "./reversed-total.ts";
import type { DisputeFacts, RefundFacts, SessionFacts, StripeFacts } from "./stripe-facts.ts";

const base = { currency: "USD", livemode: false, createdAtMs: 1_000 } as const;
const session: SessionFacts = {
  ...base,
  kind: "session",
  id: "cs_1",
  intentId: "pi_1",
  mode: "payment",
  status: "complete",
  paymentStatus: "paid",
  creditAmount: "100",
  totalAmount: "119",
  taxAmount: "19",
};
const refund = (id: string, amount: string, status: string): RefundFacts => ({
  ...base,
  kind: "refund",
  id,
  amount,
  status,
  reason: "",
});
const dispute = (id: string, amount: string, status: string): DisputeFacts => ({
  ...base,
  kind: "dispute",
  id,
  amount,
  status,
  reason: "general",
});

type Step = readonly [facts: StripeFacts, note?: EventNote];

const merge = (payment: Payment, steps: readonly Step[]) =>
  steps.reduce(
    (merged, [facts, note]) =>
      mergeFacts(merged, facts, { atMs: 2_000, ...(note === undefined ? {} : { note }) }),
    payment,
  );
const blank = paymentOfSession({ ...session, status: "open", paymentStatus: "unpaid" }, "p", "a", {
  atMs: 1,
});
const credit = { transactionId: "t", amount: "100", currencyCode: "USD", ledgerScale: 8, atMs: 1 };

/** All that can be heard of one payment. */
const heard: readonly Step[] = [
  [{ ...session, paymentStatus: "unpaid" }],
  [session],
  [{ ...session, status: "expired", paymentStatus: "unpaid" }],
  [{ ...base, kind: "intent", id: "pi_1", status: "processing" }],
  [{ ...base, kind: "charge", id: "ch_1", intentId: "pi_1", refundedAmount: "30" }],
  [{ ...base, kind: "charge", id: "ch_1", intentId: "pi_1", refundedAmount: "50" }],
  [refund("re_1", "30", "pending")],
  [refund("re_1", "30", "succeeded")],
  [refund("re_2", "20", "succeeded")],
  [refund("re_2", "20", "failed"), "failed"],
  [dispute("du_1", "40", "needs_response")],
  [dispute("du_1", "40", "needs_response"), "withdrawn"],
  [dispute("du_1", "40", "won"), "reinstated"],
  [dispute("du_2", "10", "warning_needs_response")],
  [dispute("du_3", "25", "lost"), "withdrawn"],
];

/** What money depends on. */
const essence = (payment: Payment) => ({
  state: stateOf(payment),
  credit: payment.creditAmount,
  refunded: refundedAmount(payment).toString(),
  target: targetOf(payment).toString(),
  withdrawn: Object.entries(payment.disputes)
    .map(([id, each]) => `${id} ${isWithdrawn(each)}`)
    .sort(),
});

test("the order and number of observations make no difference to money and state", () => {
  fc.assert(
    fc.property(
      fc
        .subarray([...heard], { minLength: 1 })
        .chain((subset) =>
          fc.tuple(
            fc.constant(subset),
            fc.shuffledSubarray(subset, { minLength: subset.length }),
            fc.array(fc.constantFrom(...subset), { maxLength: 10 }),
          ),
        ),
      ([subset, shuffled, repeats]) => {
        const inOrder = merge(blank, subset);
        assert.deepEqual(essence(merge(blank, [...shuffled, ...repeats])), essence(inOrder));
        assert.equal(merge(inOrder, [...repeats]), inOrder, "a repeat changes nothing at all");
      },
    ),
    { numRuns: 500 },
  );
});

test("the session names the intent, until it is paid; nothing of another intent is true of the payment", () => {
  const declined = { ...base, kind: "intent", status: "requires_payment_method", failureCode: "x" } as const;
  const begun = merge(blank, [[{ ...declined, id: "pi_0" }]]);
  assert.equal(begun.intentId, "pi_0");
  assert.equal(merge(begun, [[{ ...declined, id: "pi_1" }]]), begun);
  const paid = merge(begun, [[session]]);
  assert.deepEqual([paid.progress, paid.intentId], ["paid", "pi_1"]);
  const others: readonly StripeFacts[] = [
    { ...declined, id: "pi_0" },
    { ...session, intentId: "pi_2" },
    { ...base, kind: "charge", id: "ch_0", intentId: "pi_0", refundedAmount: "30" },
    { ...refund("re_0", "30", "succeeded"), intentId: "pi_0" },
  ];
  for (const facts of others) assert.equal(merge(paid, [[facts]]), paid, `${facts.kind} ${facts.id}`);
});

describe("what is taken back", () => {
  const cases: ReadonlyArray<[name: string, steps: readonly Step[], target: string, reversed: string]> = [
    ["nothing", [], "0", "0"],
    ["a refund in proportion to the price before tax", [[refund("re_1", "59.5", "succeeded")]], "59.5", "50"],
    ["a third, rounded down", [[refund("re_1", "39.67", "succeeded")]], "39.67", "33.33613445"],
    ["all of it exactly", [[refund("re_1", "119", "succeeded")]], "119", "100"],
    ["not a failed refund", [[refund("re_1", "59.5", "failed")]], "0", "0"],
    [
      "no more than was paid",
      [[refund("re_1", "119", "succeeded")], [dispute("du_1", "119", "lost")]],
      "119",
      "100",
    ],
    ["nothing for an inquiry", [[dispute("du_1", "119", "warning_needs_response")]], "0", "0"],
    ["nothing before the money is withdrawn", [[dispute("du_1", "119", "needs_response")]], "0", "0"],
    ["a lost dispute", [[dispute("du_1", "119", "lost")]], "119", "100"],
    [
      "nothing of a won one",
      [[dispute("du_1", "119", "needs_response"), "withdrawn"], [dispute("du_1", "119", "won")]],
      "0",
      "0",
    ],
    [
      "refunds that only the charge counts",
      [[{ ...base, kind: "charge", id: "ch_1", refundedAmount: "59.5" }]],
      "59.5",
      "50",
    ],
    [
      "not what the charge counted and then failed",
      [[{ ...base, kind: "charge", id: "ch_1", refundedAmount: "59.5" }], [refund("re_1", "59.5", "failed")]],
      "0",
      "0",
    ],
  ];
  for (const [name, steps, target, reversed] of cases) {
    test(name, () => {
      const payment = { ...merge(blank, [[session], ...steps]), credit };
      assert.deepEqual([targetOf(payment).toString(), reversedTotalOf(payment)], [target, reversed]);
    });
  }

  test("is never more than the credit, and all of it only for all that was paid", () => {
    const cents = fc.integer({ min: 0, max: 11_900 });
    fc.assert(
      fc.property(cents, (amount) => {
        const text = Decimal.ofUnits(BigInt(amount), 2).toString();
        const payment = { ...merge(blank, [[session], [refund("re_1", text, "succeeded")]]), credit };
        const reversed = Decimal.parse(reversedTotalOf(payment));
        assert.ok(reversed.compare(Decimal.parse("100")) <= 0);
        assert.equal(reversed.toString() === "100", amount === 11_900);
      }),
    );
  });
});

test("an amount in another currency is refused, and so are refunds without end", () => {
  const paid = merge(blank, [[session]]);
  const foreign = { ...refund("re_1", "5", "succeeded"), currency: "EUR" };
  assert.throws(() => merge(paid, [[foreign]]), { reason: "STRIPE_EVENT_FAILED" });
  const many = Array.from({ length: 100 }, (_, index): Step => [refund(`re_${index}`, "1", "succeeded")]);
  assert.throws(() => merge(paid, [...many, [refund("re_x", "1", "succeeded")]]), {
    reason: "STRIPE_EVENT_FAILED",
  });
});

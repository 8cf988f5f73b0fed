import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readEvent, readSession, UnreadableObject } from "./read-objects.ts";

const session = {
  id: "cs_1",
  mode: "payment",
  status: "complete",
  payment_status: "paid",
  currency: "usd",
  amount_subtotal: 2_000,
  amount_total: 2_000,
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  payment_intent: "pi_1",
  client_reference_id: "p",
  metadata: { account_id: "a", top_up_id: "p" },
  livemode: false,
  created: 1_795_400_000,
  expires_at: 1_795_486_400,
  url: null,
};
const eventWith = (object: unknown, type = "checkout.session.completed") => ({
  id: "evt_1",
  type,
  created: 1_795_400_001,
  livemode: false,
  api_version: "2026-10-28.endive",
  data: { object },
});

describe("the credit of a session", () => {
  const details = (amount_tax: number, amount_discount = 0) => ({
    amount_tax,
    amount_discount,
    amount_shipping: 0,
  });
  const cases: ReadonlyArray<[name: string, change: object, credit: string]> = [
    ["is its price", {}, "20"],
    ["leaves out tax on top", { amount_total: 2_380, total_details: details(380) }, "20"],
    ["leaves out tax within the price", { total_details: details(319) }, "16.81"],
    ["leaves out a discount", { amount_total: 1_500, total_details: details(0, 500) }, "15"],
    ["is at most what was paid if the parts don't add up", { total_details: details(5, 999_999) }, "20"],
    ["is counted in whole yen", { currency: "jpy", amount_subtotal: 500, amount_total: 500 }, "500"],
    ["is counted in thousandths", { currency: "kwd", amount_subtotal: 1_230, amount_total: 1_230 }, "1.23"],
  ];
  for (const [name, change, credit] of cases) {
    test(name, () => assert.equal(readSession({ ...session, ...change }).creditAmount, credit));
  }
});

test("an expanded object counts as its id, and what is not ours has no mark", () => {
  assert.equal(readSession({ ...session, payment_intent: { id: "pi_2" } }).intentId, "pi_2");
  for (const metadata of [null, {}, { account_id: "a" }, { account_id: "a b", top_up_id: "p" }])
    assert.equal(readSession({ ...session, metadata }).mark, undefined);
});

describe("an event", () => {
  test("of a type that does not concern Admin keeps its head alone", () => {
    const { facts, unreadable, objectId } = readEvent(
      eventWith({ id: "cus_1", anything: 1 }, "customer.created"),
    );
    assert.deepEqual([facts, unreadable, objectId], [undefined, undefined, "cus_1"]);
  });

  const broken: ReadonlyArray<[name: string, change: object]> = [
    ["a float for money", { amount_total: 19.99 }],
    ["a text for money", { amount_total: "2000" }],
    ["a negative amount", { amount_subtotal: -1 }],
    ["an amount beyond twelve digits", { amount_total: 10 ** 12 }],
    ["a currency that is none", { currency: "xxq" }],
    ["no id", { id: undefined }],
    ["a time that is none", { created: "now" }],
  ];
  for (const [name, change] of broken) {
    test(`with ${name} is kept as unreadable`, () => {
      const { facts, unreadable } = readEvent(eventWith({ ...session, ...change }));
      assert.equal(facts, undefined);
      assert.ok(unreadable);
    });
  }

  test("is refused if it is none, whatever it is instead", () => {
    for (const value of [
      null,
      [],
      "x",
      {},
      { ...eventWith(session), id: "x" },
      { ...eventWith(session), data: 1 },
    ])
      assert.throws(() => readEvent(value), UnreadableObject);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.throws(() => readEvent(value), UnreadableObject);
      }),
    );
  });

  test("with whatever object never breaks the reader", () => {
    const types = [
      "checkout.session.completed",
      "payment_intent.succeeded",
      "charge.refunded",
      "refund.created",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...types, "charge.dispute.closed"),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (type, object) => {
          try {
            readEvent(eventWith({ ...session, ...object }, type));
          } catch (error) {
            assert.ok(error instanceof UnreadableObject);
          }
        },
      ),
    );
  });
});

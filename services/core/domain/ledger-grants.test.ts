import assert from "node:assert/strict";
import { test } from "node:test";
import { auditAccount } from "../store/testing/account-audit.ts";
import { type Scenario, testScenarios } from "./testing/scenario-table.ts";

const scenarios: readonly Scenario[] = [
  [
    "debits burn by priority, then soonest expiry, then oldest; plain balance is of priority 50 without an end",
    5n,
    [
      ["credit 10", "ok", "10 0 10 0 0 #2"],
      ["credit 10 grant=late priority=60", "ok type=CREDIT amount=10", "20 0 20 0 0 #3"],
      ["credit 10 grant=first promo priority=10", "ok", "30 0 30 0 0 #4"],
      ["credit 10 grant=far ttl=900000", "ok", "40 0 40 0 0 #5"],
      ["credit 10 grant=soon ttl=600000", "ok", "50 0 50 0 0 #6"],
      ["credit 10 grant=never", "ok", "60 0 60 0 0 #7"],
      ["charge 12", "ok amount=-12", "48 0 60 12 0 #8"],
      [
        "grants first soon far never late",
        "first:0 soon:8 far:10 never:10 late:10 plain:10",
        "48 0 60 12 0 #8",
      ],
      ["charge 20", "ok", "28 0 60 32 0 #9"],
      ["grants soon far never late", "soon:0 far:0 never:10 late:10 plain:8", "28 0 60 32 0 #9"],
      ["charge 10", "ok", "18 0 60 42 0 #10"],
      ["grants never late", "never:8 late:10 plain:0", "18 0 60 42 0 #10"],
      ["charge 24", "INSUFFICIENT_FUNDS required=24 spendable=23", "18 0 60 42 0 #10"],
      ["charge 23", "ok balance=-5", "-5 0 60 65 0 #11"],
      ["grants never late", "never:0 late:0 plain:-5", "-5 0 60 65 0 #11"],
    ],
  ],
  [
    "a new grant first pays the debt of plain balance, also when nothing is left of it then",
    50n,
    [
      ["charge 30", "ok", "-30 0 0 30 0 #2"],
      ["credit 20 grant=a promo", "ok amount=20 balance=-10", "-10 0 20 30 0 #3"],
      ["credit 25 grant=b ttl=600000", "ok balance=15", "15 0 45 30 0 #4"],
      ["grants a b", "a:0 b:15 plain:0", "15 0 45 30 0 #4"],
    ],
  ],
  [
    "plain balance that a hold has on credit is no debt until it is committed",
    50n,
    [
      ["reserve h 30", "HELD 30/0", "-30 30 0 0 0 #2"],
      ["reserve i 10", "HELD 10/0", "-40 40 0 0 0 #3"],
      ["credit 25 grant=a", "ok", "-15 40 25 0 0 #4"],
      ["grants a", "a:25 plain:0", "-15 40 25 0 0 #4"],
      ["commit h 12", "COMMITTED 0/12", "3 10 25 12 0 #5"],
      ["grants a", "a:13 plain:0", "3 10 25 12 0 #5"],
      ["release i", "RELEASED 0/0", "13 0 25 12 0 #6"],
      ["grants a", "a:13 plain:0", "13 0 25 12 0 #6"],
    ],
  ],
  [
    "a hold earmarks in burn-down order, a commit consumes in that order and gives the rest back where it was",
    0n,
    [
      ["credit 10", "ok", "10 0 10 0 0 #2"],
      ["credit 10 grant=a promo priority=1", "ok", "20 0 20 0 0 #3"],
      ["credit 10 grant=b priority=90", "ok", "30 0 30 0 0 #4"],
      ["reserve h 25", "HELD 25/0", "5 25 30 0 0 #5"],
      ["grants a b", "a:10(10) b:10(5) plain:10", "5 25 30 0 0 #5"],
      ["reserve i 5", "HELD 5/0", "0 30 30 0 0 #6"],
      ["grants a b", "a:10(10) b:10(10) plain:10", "0 30 30 0 0 #6"],
      ["commit h 3 keep_open", "HELD 22/3", "0 27 30 3 0 #7"],
      ["grants a b", "a:7(7) b:10(10) plain:10", "0 27 30 3 0 #7"],
      ["commit h 9", "COMMITTED 0/12", "13 5 30 12 0 #8"],
      ["grants a b", "a:0 b:10(5) plain:8", "13 5 30 12 0 #8"],
      ["release i", "RELEASED 0/0", "18 0 30 12 0 #9"],
      ["grants a b", "a:0 b:10 plain:8", "18 0 30 12 0 #9"],
    ],
  ],
  [
    "more than held draws like a charge, grants included, and then goes into debt",
    0n,
    [
      ["credit 10 grant=a promo priority=1", "ok", "10 0 10 0 0 #2"],
      ["reserve h 4", "HELD 4/0", "6 4 10 0 0 #3"],
      ["credit 5", "ok", "11 4 15 0 0 #4"],
      ["commit h 20", "COMMITTED 0/20 balance=-5", "-5 0 15 20 0 #5"],
      ["grants a", "a:0 plain:-5", "-5 0 15 20 0 #5"],
    ],
  ],
  [
    "overage CAP takes what is free of grants too",
    0n,
    [
      ["credit 10 grant=a promo", "ok", "10 0 10 0 0 #2"],
      ["reserve h 4", "HELD 4/0", "6 4 10 0 0 #3"],
      ["reserve i 1", "HELD 1/0", "5 5 10 0 0 #4"],
      ["commit h 20 cap", "COMMITTED 0/9 uncollected=11", "0 1 10 9 0 #5"],
      ["grants a", "a:1(1) plain:0", "0 1 10 9 0 #5"],
      ["commit i 1", "COMMITTED 0/1", "0 0 10 10 0 #6"],
    ],
  ],
  [
    "a grant that is due expires as an entry of its own, by whatever touches the money first, once",
    0n,
    [
      ["credit 10 grant=a promo ttl=600000", "ok", "10 0 10 0 0 #2"],
      ["credit 10 grant=b ttl=600000", "ok", "20 0 20 0 0 #3"],
      ["credit 10 grant=c ttl=600000", "ok", "30 0 30 0 0 #4"],
      ["charge 4", "ok", "26 0 30 4 0 #5"],
      ["expire_grant c", "unchanged", "26 0 30 4 0 #5"],
      ["end_grant a", "ok", "26 0 30 4 0 #5"],
      ["end_grant b", "ok", "26 0 30 4 0 #5"],
      ["expire_grant a", "expired", "20 0 30 4 6 #6"],
      ["expire_grant a", "unchanged", "20 0 30 4 6 #6"],
      ["charge 11", "INSUFFICIENT_FUNDS required=11 spendable=10", "20 0 30 4 6 #6"],
      ["charge 1", "ok entry=8 balance=9", "9 0 30 5 16 #8"],
      ["grants a b c", "a:0-6 b:0-10 c:9 plain:0", "9 0 30 5 16 #8"],
    ],
  ],
  [
    "what a hold has of a grant that is over is honoured when committed and expires when freed",
    0n,
    [
      ["credit 10 grant=a promo ttl=600000", "ok", "10 0 10 0 0 #2"],
      ["credit 5", "ok", "15 0 15 0 0 #3"],
      ["reserve h 6", "HELD 6/0", "9 6 15 0 0 #4"],
      ["reserve i 6", "HELD 6/0", "3 12 15 0 0 #5"],
      ["end_grant a", "ok", "3 12 15 0 0 #5"],
      ["expire_grant a", "unchanged", "3 12 15 0 0 #5"],
      ["grants a", "a:10(10) plain:5", "3 12 15 0 0 #5"],
      ["commit h 4", "COMMITTED 0/4 entry=6", "3 6 15 4 2 #6"],
      ["grants a", "a:4(4)-2 plain:5", "3 6 15 4 2 #6"],
      ["release i", "RELEASED 0/0", "5 0 15 4 6 #7"],
      ["grants a", "a:0-6 plain:5", "5 0 15 4 6 #7"],
    ],
  ],
  [
    "expiry never touches what holds have; a hold that expires after the grant expires with it",
    0n,
    [
      ["credit 10 grant=a ttl=600000", "ok", "10 0 10 0 0 #2"],
      ["reserve h 6 ttl=1", "HELD 6/0", "4 6 10 0 0 #3"],
      ["reserve i 1 ttl=1 capture", "HELD 1/0", "3 7 10 0 0 #4"],
      ["end_grant a", "ok", "3 7 10 0 0 #4"],
      ["expire_grant a", "expired", "0 7 10 0 3 #5"],
      ["due i", "ok", "0 7 10 0 3 #5"],
      ["expire h", "expired", "0 1 10 0 9 #6"],
      ["read i", "COMMITTED 0/1 by=EXPIRY", "0 0 10 1 9 #7"],
      ["grants a", "a:0-9 plain:0", "0 0 10 1 9 #7"],
    ],
  ],
  [
    "a call that is refused for its hold still performs the expiries that were due, of grants and of the hold",
    0n,
    [
      ["credit 10 grant=a ttl=600000", "ok", "10 0 10 0 0 #2"],
      ["reserve h 6", "HELD 6/0", "4 6 10 0 0 #3"],
      ["reserve i 1 ttl=1", "HELD 1/0", "3 7 10 0 0 #4"],
      ["end_grant a", "ok", "3 7 10 0 0 #4"],
      ["commit h 7 keep_open", "AMOUNT_EXCEEDS_RESERVATION", "0 7 10 0 3 #5"],
      ["due i", "ok", "0 7 10 0 3 #5"],
      ["commit i 1", "RESERVATION_EXPIRED", "0 6 10 0 4 #6"],
      ["release i", "EXPIRED 0/0 entry=6 balance=0", "0 6 10 0 4 #6"],
      ["commit h 6", "COMMITTED 0/6", "0 0 10 6 4 #7"],
    ],
  ],
  [
    "release of a hold that is due, beside a grant that is due, answers with the hold's expiry",
    0n,
    [
      ["credit 10 grant=a ttl=600000", "ok", "10 0 10 0 0 #2"],
      ["credit 10", "ok", "20 0 20 0 0 #3"],
      ["reserve h 16 ttl=1", "HELD 16/0", "4 16 20 0 0 #4"],
      ["credit 5 grant=b ttl=600000", "ok", "9 16 25 0 0 #5"],
      ["end_grant a", "ok", "9 16 25 0 0 #5"],
      ["end_grant b", "ok", "9 16 25 0 0 #5"],
      ["due h", "ok", "9 16 25 0 0 #5"],
      ["release h", "ok type=HOLD_EXPIRED entry=7 EXPIRED 0/0 balance=10", "10 0 25 0 15 #7"],
    ],
  ],
  [
    "an account closes when all it had was a grant that is over",
    0n,
    [
      ["credit 10 grant=a", "ok", "10 0 10 0 0 #2"],
      ["close", "ACCOUNT_NOT_EMPTY posted=10", "10 0 10 0 0 #2"],
      ["end_grant a", "ok", "10 0 10 0 0 #2"],
      ["close", "ok CLOSED", "0 0 10 0 10 #4"],
    ],
  ],
  [
    "a grant that has ended already is refused",
    0n,
    [["credit 10 grant=a ttl=0", "TIME_OUT_OF_RANGE", "0 0 0 0 0 #1"]],
  ],
  [
    "a repeated credit makes no second grant, by its key as by its reference",
    0n,
    [
      ["credit 10 grant=a ref=pi_1 key=k", "ok entry=2", "10 0 10 0 0 #2"],
      ["credit 10 grant=a ref=pi_1 key=k", "replay entry=2", "10 0 10 0 0 #2"],
      ["credit 10 grant=a ref=pi_1", "replay entry=2", "10 0 10 0 0 #2"],
      ["grants a", "a:10 plain:0", "10 0 10 0 0 #2"],
    ],
  ],
  [
    "grants reach 2^63 − 1",
    9223372036854775807n,
    [
      [
        "credit 9223372036854775807 grant=a",
        "ok amount=9223372036854775807",
        "9223372036854775807 0 9223372036854775807 0 0 #2",
      ],
      ["credit 1 grant=b", "AMOUNT_OVERFLOW", "9223372036854775807 0 9223372036854775807 0 0 #2"],
      ["reserve h 9223372036854775807", "ok", "0 9223372036854775807 9223372036854775807 0 0 #3"],
      [
        "grants a",
        "a:9223372036854775807(9223372036854775807)",
        "0 9223372036854775807 9223372036854775807 0 0 #3",
      ],
      ["commit h 9223372036854775806", "ok", "1 0 9223372036854775807 9223372036854775806 0 #4"],
      ["grants a", "a:1 plain:0", "1 0 9223372036854775807 9223372036854775806 0 #4"],
    ],
  ],
];

const sharedLedger = testScenarios("grants", scenarios);

test("legs name the grant and its kind, so that what was given away is no revenue", async () => {
  const ledger = sharedLedger();
  await ledger.create("legs");
  await ledger.credit("legs", 5n);
  const grant = await ledger.credit("legs", 10n, {
    kind: "PROMOTIONAL",
    grant: { priority: 10, expiresMs: undefined },
  });
  const { transaction } = await ledger.charge("legs", 12n);
  const grantId = grant.transaction.transactionId;
  assert.deepEqual(transaction.legs, [
    { column: "available", amountAtoms: -2n, grantId: undefined, kind: "PURCHASED" },
    { column: "spent", amountAtoms: 2n, grantId: undefined, kind: "PURCHASED" },
    { column: "available", amountAtoms: -10n, grantId, kind: "PROMOTIONAL" },
    { column: "spent", amountAtoms: 10n, grantId, kind: "PROMOTIONAL" },
  ]);
});

test("an account has at most 64 active grants; one that runs out makes room", async () => {
  const ledger = sharedLedger();
  await ledger.create("many");
  const grant = { priority: 50, expiresMs: undefined };
  for (let count = 0; count < 64; count++) await ledger.credit("many", 1n, { grant });
  const refused = { reason: "GRANT_LIMIT_REACHED", metadata: { limit: "64" } };
  await assert.rejects(ledger.credit("many", 1n, { grant }), refused);
  await ledger.credit("many", 1n);
  await ledger.charge("many", 3n);
  await ledger.credit("many", 1n, { grant });
  await ledger.credit("many", 1n, { grant });
  await assert.rejects(ledger.credit("many", 1n, { grant }), refused);
  assert.equal((await auditAccount(ledger, "many")).columns[0], 64n);
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { auditAccount } from "../store/testing/account-audit.ts";
import { waitUntilServerTime } from "../store/testing/test-store.ts";
import type { AccountState } from "./account.ts";
import { CoreError } from "./core-error.ts";
import { idempotencyOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let ledger: TestLedger;
before(async () => {
  ledger = await startTestLedger();
});
after(() => ledger.stop());

/** An account in a state, and what it had before it came there. */
interface Subject {
  readonly accountId: string;
  /** Open; released in a closed account, which has no holds. */
  readonly hold: string;
  /** Its time is over; expired in a closed account. */
  readonly due: string;
}

const firstCharge = { idempotency: idempotencyOf("Charge", "first", "first") };
const firstCredit = { externalReference: "pi_1" };

const operations: Readonly<Record<string, (subject: Subject) => Promise<unknown>>> = {
  charge: ({ accountId }) => ledger.charge(accountId, 1n),
  "charge, repeated": ({ accountId }) => ledger.charge(accountId, 1n, firstCharge),
  reserve: ({ accountId }) => ledger.reserve(accountId, 1n),
  commit: ({ hold }) => ledger.commit(hold, 5n),
  "commit beyond the hold": ({ hold }) => ledger.commit(hold, 7n),
  "late commit": ({ due }) => ledger.commit(due, 1n, { acceptExpired: true }),
  release: ({ hold }) => ledger.release(hold),
  "expiry of a hold": ({ due }) => ledger.ledger.expireHold(due),
  credit: ({ accountId }) => ledger.credit(accountId, 1n),
  "credit, repeated by its reference": ({ accountId }) => ledger.credit(accountId, 100n, firstCredit),
  "read balance": ({ accountId }) => ledger.ledger.getAccount(accountId),
  "read reservation": ({ hold }) => ledger.ledger.getReservation(hold),
  update: ({ accountId }) =>
    ledger.administration.update({
      accountId,
      configVersion: 1n,
      creditLimitAtoms: 5n,
      priceBook: undefined,
      setLabels: {},
      removeLabels: [],
      lowBalanceThresholds: undefined,
      comment: "",
    }),
  freeze: ({ accountId }) => ledger.administration.freeze({ accountId, freezeReason: "new", comment: "" }),
  unfreeze: ({ accountId }) =>
    ledger.administration.unfreeze({ accountId, freezeReason: "operator", comment: "" }),
  close: ({ accountId }) => ledger.administration.close(accountId, 0n, ""),
};

/** What each operation answers on an account that is active, frozen, closed. */
const table: ReadonlyArray<readonly [operation: string, active: string, frozen: string, closed: string]> = [
  ["charge", "ok", "ACCOUNT_FROZEN", "ACCOUNT_CLOSED"],
  ["charge, repeated", "ok", "ok", "ok"],
  ["reserve", "ok", "ACCOUNT_FROZEN", "ACCOUNT_CLOSED"],
  ["commit", "ok", "ok", "RESERVATION_ALREADY_RELEASED"],
  ["commit beyond the hold", "ok", "ok", "RESERVATION_ALREADY_RELEASED"],
  ["late commit", "ok", "ok", "ACCOUNT_CLOSED"],
  ["release", "ok", "ok", "ok"],
  ["expiry of a hold", "ok", "ok", "ok"],
  ["credit", "ok", "ok", "ACCOUNT_CLOSED"],
  ["credit, repeated by its reference", "ok", "ok", "ok"],
  ["read balance", "ok", "ok", "ok"],
  ["read reservation", "ok", "ok", "ok"],
  ["update", "ok", "ok", "ACCOUNT_CLOSED"],
  ["freeze", "ok", "ok", "ACCOUNT_CLOSED"],
  ["unfreeze", "ok", "ok", "ACCOUNT_CLOSED"],
  ["close", "ACCOUNT_NOT_EMPTY", "ACCOUNT_NOT_EMPTY", "ok"],
];

let accounts = 0;
async function prepare(state: AccountState): Promise<Subject> {
  const accountId = `state-${++accounts}`;
  await ledger.create(accountId);
  await ledger.credit(accountId, 100n, firstCredit);
  await ledger.charge(accountId, 1n, firstCharge);
  const { reservation: hold } = await ledger.reserve(accountId, 5n);
  const { reservation: due } = await ledger.reserve(accountId, 5n, { holdTtlMs: 1 });
  await waitUntilServerTime(ledger, due.expiresMs);
  if (state === "FROZEN") {
    await ledger.administration.freeze({ accountId, freezeReason: "operator", comment: "" });
  } else if (state === "CLOSED") {
    await ledger.release(hold.reservationId);
    await ledger.ledger.expireHold(due.reservationId);
    await ledger.charge(accountId, 99n);
    await ledger.administration.close(accountId, 0n, "");
  }
  const { account } = await ledger.ledger.getAccount(accountId);
  assert.equal(account.state, state);
  return { accountId, hold: hold.reservationId, due: due.reservationId };
}

for (const [operation, ...answers] of table) {
  for (const [index, state] of (["ACTIVE", "FROZEN", "CLOSED"] as const).entries()) {
    const expected = answers[index];
    test(`${operation} on an account that is ${state}: ${expected}`, async () => {
      const subject = await prepare(state);
      const answer = await operations[operation]!(subject).then(
        () => "ok",
        (error: unknown) => {
          if (error instanceof CoreError) return error.reason;
          throw error;
        },
      );
      assert.equal(answer, expected);
      await auditAccount(ledger, subject.accountId);
    });
  }
}

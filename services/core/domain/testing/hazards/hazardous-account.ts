import { randomUUID } from "node:crypto";
import { accountKeys } from "../../../store/keys.ts";
import { readServerTimeMs, waitUntilServerTime } from "../../../store/testing/test-store.ts";
import { decodeTransactionId } from "../../resource-id.ts";
import type { HoldResult } from "../../results.ts";
import { inTime } from "../in-time.ts";
import { idempotencyOf, type TestLedger } from "../test-ledger.ts";

/** An account on which any operation finds something to do. */
export interface HazardousAccount {
  readonly accountId: string;
  /** Holds, all of the same day. */
  readonly open: string;
  readonly due: string;
  readonly settled: string;
  /** Id of a charge. */
  readonly spent: string;
  /** Sequence of a grant that is due; undefined if it has no grants. */
  readonly dueGrant: number | undefined;
  /** Another account without money and holds. */
  readonly empty: string;
  /** Key of each call, so that it can be repeated. */
  readonly key: string;
}

/** Makes one; with grants its money is a grant, of which the holds have something, and another grant is due. */
export async function prepareAccount(ledger: TestLedger, hasGrants = false): Promise<HazardousAccount> {
  const accountId = `hazard-${randomUUID()}`;
  const empty = `${accountId}-empty`;
  await ledger.create(accountId);
  await ledger.create(empty);
  const grant = hasGrants ? { priority: 10, expiresMs: undefined } : undefined;
  await ledger.credit(accountId, 100n, { externalReference: "pi_1", grant });
  const spent = await ledger.charge(accountId, 5n);
  const [open, settled, due] = await Promise.all([
    ledger.reserve(accountId, 10n),
    ledger.reserve(accountId, 10n),
    ledger.reserve(accountId, 10n, { holdTtlMs: 1 }),
  ]);
  await ledger.release(settled.reservation.reservationId);
  await waitUntilServerTime(ledger, due.reservation.expiresMs);
  const id = (result: HoldResult): string => result.reservation.reservationId;
  return {
    accountId,
    empty,
    open: id(open),
    due: id(due),
    settled: id(settled),
    spent: spent.transaction.transactionId,
    dueGrant: hasGrants ? await creditDueGrant(ledger, accountId) : undefined,
    key: randomUUID(),
  };
}

/** A grant whose time is over when this returns. */
async function creditDueGrant(ledger: TestLedger, accountId: string): Promise<number> {
  return inTime(10, async (aheadMs) => {
    const expiresMs = (await readServerTimeMs(ledger)) + aheadMs;
    const { transaction } = await ledger.credit(accountId, 7n, { grant: { priority: 90, expiresMs } });
    await waitUntilServerTime(ledger, expiresMs);
    return decodeTransactionId(transaction.transactionId)!.sequence;
  });
}

type Operation = (ledger: TestLedger, account: HazardousAccount) => Promise<object | boolean>;

/** What makes an operation of an account repeatable. */
const call = (method: string, { key }: HazardousAccount) => ({
  idempotency: idempotencyOf(method, method, key),
  memo: "",
});

/** Operations that move money: a repeated one is answered as the first time. */
export const postingOperations: Readonly<Record<string, Operation>> = {
  credit: (ledger, account) =>
    ledger.credit(account.accountId, 5n, { ...call("Credit", account), externalReference: "pi_2" }),
  "credit of a grant": (ledger, account) =>
    ledger.credit(account.accountId, 5n, {
      ...call("Credit grant", account),
      grant: { priority: 20, expiresMs: Date.UTC(2100, 0) },
    }),
  charge: (ledger, account) => ledger.charge(account.accountId, 5n, call("Charge", account)),
  "charge under a quote": (ledger, account) =>
    ledger.charge(account.accountId, 5n, {
      ...call("Charge quoted", account),
      quote: { quoteId: "q_1", maxUses: 1, expiresMs: Date.UTC(2100, 0) },
    }),
  reserve: (ledger, account) => ledger.reserve(account.accountId, 5n, call("Reserve", account)),
  extend: (ledger, account) =>
    ledger.extend(account.open, { ...call("Extend", account), holdTtlMs: 3_600_000, remainingAtoms: 12n }),
  commit: (ledger, account) => ledger.commit(account.open, 5n, call("Commit", account)),
  "commit that keeps the hold open": (ledger, account) =>
    ledger.commit(account.open, 5n, { ...call("Commit part", account), keepOpen: true }),
  "late commit": (ledger, account) =>
    ledger.commit(account.due, 5n, { ...call("Commit late", account), acceptExpired: true }),
  release: (ledger, account) => ledger.release(account.open, call("Release", account)),
  "release of a hold that is due": (ledger, account) =>
    ledger.release(account.due, call("Release due", account)),
  "release of a released hold": (ledger, account) =>
    ledger.release(account.settled, call("Release again", account)),
  adjust: (ledger, account) =>
    ledger.corrections.adjust({
      ...call("Adjust", account),
      accountId: account.accountId,
      amountAtoms: -3n,
      allowNegative: false,
    }),
  refund: (ledger, account) =>
    ledger.corrections.refund({ ...call("Refund", account), transactionId: account.spent, amountAtoms: 2n }),
  reverseCredit: (ledger, account) =>
    ledger.corrections.reverseCredit({
      ...call("ReverseCredit", account),
      accountId: account.accountId,
      source: "admin",
      externalReference: "pi_1",
      reversedAtoms: 40n,
      revision: 1n,
    }),
};

/** All operations that write. */
export const writingOperations: Readonly<Record<string, Operation>> = {
  createAccount: (ledger, { accountId }) => ledger.create(`${accountId}-new`),
  ...postingOperations,
  "commit of a hold that is due": (ledger, { due }) => ledger.commit(due, 5n),
  expireHold: (ledger, { due }) => ledger.ledger.expireHold(due),
  expireGrant: (ledger, { accountId, dueGrant = 2 }) => ledger.ledger.expireGrant(accountId, dueGrant),
  getReservation: (ledger, { due }) => ledger.ledger.getReservation(due),
  updateAccount: (ledger, { accountId }) =>
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
  freezeAccount: (ledger, { accountId }) =>
    ledger.administration.freeze({ accountId, freezeReason: "operator", comment: "" }),
  closeAccount: (ledger, { empty }) => ledger.administration.close(empty, 0n, ""),
};

/** Keys of an account by the names that tests call them. */
export type KeyName =
  | "account"
  | "journal"
  | "outbox"
  | "grants"
  | "expiryIndex"
  | "openHolds"
  | "settledHolds"
  | "references"
  | "refunds"
  | "idempotency"
  | "yesterday"
  | "dayBefore";

/** The key of that name, for an account that was prepared today. */
export function keyOf(accountId: string, name: KeyName): string {
  const keys = accountKeys(accountId);
  // Asked for anew: a file that is played at midnight comes to another day.
  const today = Math.floor(Date.now() / 86_400_000);
  const dated: Partial<Record<KeyName, string>> = {
    settledHolds: keys.settledHolds(today),
    idempotency: keys.idempotency(today),
    yesterday: keys.idempotency(today - 1),
    dayBefore: keys.idempotency(today - 2),
  };
  return dated[name] ?? (keys[name as keyof typeof keys] as string);
}

import type { TestRedisOptions } from "#platform/testing/redis-server.ts";
import type { JournalArchive } from "../../store/archive/journal-archive.ts";
import { JournalReader } from "../../store/journal-reader.ts";
import type { LedgerStore } from "../../store/ledger-store.ts";
import { startTestStore, type TestStore } from "../../store/testing/test-store.ts";
import { AccountAdministration } from "../account-administration.ts";
import { Corrections } from "../corrections.ts";
import { fingerprintOf, type Idempotency } from "../idempotency.ts";
import { Ledger } from "../ledger.ts";
import type { Charge, Commit, Credit, Extend, Release, Reserve } from "../operations.ts";
import type { AccountResult, HoldResult, PostingResult } from "../results.ts";
import { TransactionLog } from "../transaction-log.ts";

/** A ledger on a private Redis, with short forms of the operations. */
export interface TestLedger extends TestStore {
  readonly ledger: Ledger;
  readonly corrections: Corrections;
  readonly administration: AccountAdministration;
  readonly transactions: TransactionLog;
  create(accountId: string, creditLimitAtoms?: bigint): Promise<AccountResult>;
  credit(accountId: string, amountAtoms: bigint, more?: Partial<Credit>): Promise<PostingResult>;
  charge(accountId: string, amountAtoms: bigint, more?: Partial<Charge>): Promise<PostingResult>;
  reserve(accountId: string, amountAtoms: bigint, more?: Partial<Reserve>): Promise<HoldResult>;
  commit(reservationId: string, amountAtoms: bigint, more?: Partial<Commit>): Promise<HoldResult>;
  extend(reservationId: string, more: Partial<Extend>): Promise<HoldResult>;
  release(reservationId: string, more?: Partial<Release>): Promise<HoldResult>;
}

/** The unit of the accounts that are made here. */
export const testUnit = { currencyCode: "USD", ledgerScale: 0 };

let lastKey = 0;

/** Idempotency of a call; a key of its own unless one is named. The request stands for its content. */
export function idempotencyOf(method: string, request: unknown, key = `key-${++lastKey}`): Idempotency {
  const content = JSON.stringify(request, (_, value) => (typeof value === "bigint" ? String(value) : value));
  return { method, key, fingerprint: fingerprintOf(content) };
}

/** Starts a private Redis with a ledger on it. */
export async function startTestLedger(options: TestRedisOptions = {}): Promise<TestLedger> {
  const test = await startTestStore(options);
  return ledgerOf(test, test.store);
}

/** The short forms over another store on the same Redis, with its archive if it has one. */
export function ledgerOf(test: TestStore, store: LedgerStore, archive?: JournalArchive): TestLedger {
  return {
    ...test,
    ...shortForms(new Ledger(store)),
    administration: new AccountAdministration(store),
    corrections: new Corrections(store),
    transactions: new TransactionLog(store, new JournalReader(store, archive)),
  };
}

/** What is built on the store besides the ledger. */
type Parts = "administration" | "corrections" | "transactions";

function shortForms(ledger: Ledger): Omit<TestLedger, keyof TestStore | Parts> {
  const posting = (method: string, request: unknown) => ({
    idempotency: idempotencyOf(method, request),
    memo: "",
  });
  return {
    ledger,
    create: (accountId, creditLimitAtoms = 0n) =>
      ledger.createAccount({
        accountId,
        ...testUnit,
        creditLimitAtoms,
        settings: { priceBook: "", labels: {}, lowBalanceThresholds: [] },
      }),
    credit: (accountId, amountAtoms, more) =>
      ledger.credit({
        ...posting("Credit", [accountId, amountAtoms]),
        accountId,
        amountAtoms,
        source: "admin",
        externalReference: "",
        kind: "PURCHASED",
        amountSent: `USD:${amountAtoms}`,
        grant: undefined,
        quote: undefined,
        ...more,
      }),
    charge: (accountId, amountAtoms, more) =>
      ledger.charge({
        ...posting("Charge", [accountId, amountAtoms]),
        accountId,
        amountAtoms,
        unit: testUnit,
        quote: undefined,
        ...more,
      }),
    reserve: (accountId, amountAtoms, more) =>
      ledger.reserve({
        ...posting("Reserve", [accountId, amountAtoms]),
        accountId,
        amountAtoms,
        holdTtlMs: 600_000,
        onExpiry: "RELEASE",
        terms: "",
        unit: testUnit,
        quote: undefined,
        ...more,
      }),
    commit: (reservationId, amountAtoms, more) =>
      ledger.commit({
        ...posting("Commit", [reservationId, amountAtoms]),
        reservationId,
        amountAtoms,
        overage: "DEBT",
        keepOpen: false,
        acceptExpired: false,
        unit: testUnit,
        quote: undefined,
        ...more,
      }),
    extend: (reservationId, more) =>
      ledger.extend({
        ...posting("Extend", [reservationId, more]),
        reservationId,
        holdTtlMs: undefined,
        remainingAtoms: undefined,
        ...more,
      }),
    release: (reservationId, more) =>
      ledger.release({ ...posting("Release", reservationId), reservationId, ...more }),
  };
}

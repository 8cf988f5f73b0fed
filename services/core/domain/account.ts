import { createHash } from "node:crypto";
import type { AccountRecord } from "../store/account-record.ts";

/** A level of spendable of which operator and customer want to know. */
export type LowBalanceThreshold = { readonly amount: string } | { readonly percentOfLastCredit: number };

/** Settings that may be changed after creation, besides the credit limit. */
export interface AccountSettings {
  /** Empty for the default book. */
  readonly priceBook: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lowBalanceThresholds: readonly LowBalanceThreshold[];
}

/** What CreateAccount needs. */
export interface NewAccount {
  readonly accountId: string;
  readonly currencyCode: string;
  /** Digits after the point that the ledger keeps. */
  readonly ledgerScale: number;
  /** 0 or more. */
  readonly creditLimitAtoms: bigint;
  readonly settings: AccountSettings;
}

/** Whether an account takes new debits. */
export type AccountState = "ACTIVE" | "FROZEN" | "CLOSED";

/** An account without its balance. */
export interface Account extends NewAccount {
  readonly state: AccountState;
  /** Empty unless it is frozen. */
  readonly freezeReasons: readonly string[];
  readonly configVersion: number;
  readonly createdMs: number;
  /** Time of its last journal entry. */
  readonly updatedMs: number;
}

/** The account that a record describes. */
export function toAccount(accountId: string, record: AccountRecord): Account {
  const { currencyCode, ledgerScale, freezeReasons, closed, configVersion, createdMs, updatedMs } = record;
  const frozen = freezeReasons.length > 0;
  return {
    accountId,
    currencyCode,
    ledgerScale,
    creditLimitAtoms: record.columns.creditLimitAtoms,
    settings: decodeSettings(record.settings),
    state: closed ? "CLOSED" : frozen ? "FROZEN" : "ACTIVE",
    freezeReasons,
    configVersion,
    createdMs,
    updatedMs,
  };
}

/** Settings as stored: canonical JSON, so that equal settings are equal texts; empty for the defaults. */
export function encodeSettings({ priceBook, labels, lowBalanceThresholds }: AccountSettings): string {
  const sortedLabels = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const stored = {
    ...(priceBook === "" ? {} : { priceBook }),
    ...(sortedLabels.length === 0 ? {} : { labels: Object.fromEntries(sortedLabels) }),
    ...(lowBalanceThresholds.length === 0 ? {} : { lowBalanceThresholds }),
  };
  return Object.keys(stored).length === 0 ? "" : JSON.stringify(stored);
}

function decodeSettings(text: string): AccountSettings {
  const stored = (text === "" ? {} : JSON.parse(text)) as Partial<AccountSettings>;
  return { priceBook: "", labels: {}, lowBalanceThresholds: [], ...stored };
}

/** Digest by which a repeated creation with the same settings is recognised. */
export function creationDigest(account: NewAccount): Buffer {
  const { currencyCode, ledgerScale, creditLimitAtoms, settings } = account;
  return createHash("sha256")
    .update(JSON.stringify([currencyCode, ledgerScale, String(creditLimitAtoms), encodeSettings(settings)]))
    .digest()
    .subarray(0, 16);
}

import { type CommonReason, invalidField } from "#platform/errors/common-error.ts";
import { closeAccountCall } from "../store/calls/close-account.ts";
import { readAccountCall } from "../store/calls/read-account.ts";
import { setFreezeCall } from "../store/calls/set-freeze.ts";
import { updateAccountCall } from "../store/calls/update-account.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import { FunctionRefusal } from "../store/store-fault.ts";
import { type Account, type AccountSettings, encodeSettings, type LowBalanceThreshold } from "./account.ts";
import type { CoreReason } from "./core-error.ts";
import { encodeMemo } from "./memo.ts";
import { requireInt64, requireSize } from "./operation-checks.ts";
import { mostMemoBytes } from "./operations.ts";
import { toCoreError } from "./refusal.ts";
import { type AccountResult, toAccountResult } from "./results.ts";
import { runCall } from "./run-call.ts";

/** Most labels of an account. */
export const mostLabels = 32;
/** What the function takes at most; no account gets there. */
const greatestVersion = 999_999_999_999_999n;

/** Changes of an account's settings; what is undefined stays. */
export interface AccountChange {
  readonly accountId: string;
  /** The version that the change is based on. */
  readonly configVersion: bigint;
  /** 0 or more; below what is used it only blocks new debits. */
  readonly creditLimitAtoms: bigint | undefined;
  /** Empty for the default book. */
  readonly priceBook: string | undefined;
  /** Added or replaced. */
  readonly setLabels: Readonly<Record<string, string>>;
  /** Removed, where they are set. */
  readonly removeLabels: readonly string[];
  /** In place of all. */
  readonly lowBalanceThresholds: readonly LowBalanceThreshold[] | undefined;
  /** Why, for people. */
  readonly comment: string;
}

/** A freeze reason to add or to lift. */
export interface FreezeChange {
  readonly accountId: string;
  /** Names the freeze, so that others stay when it is lifted: 1 to 64 visible characters. */
  readonly freezeReason: string;
  /** Why, for people. */
  readonly comment: string;
}

/**
 * Changes of accounts themselves, not of their money. Each change appends a journal entry without legs, so that
 * who follows the sequence sees it; a call that finds everything as it asks for changes nothing. Freezing and
 * closing leave the config version alone: a dispute must not make an operator's change of settings fail.
 */
export class AccountAdministration {
  readonly #store: LedgerStore;

  constructor(store: LedgerStore) {
    this.#store = store;
  }

  /** Changes settings. ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, VERSION_MISMATCH, AMOUNT_OVERFLOW, REQUEST_INVALID. */
  async update(change: AccountChange): Promise<AccountResult> {
    const { accountId, configVersion } = change;
    const account = await this.#read(accountId);
    if (account.state === "CLOSED") throw refused(accountId, "ACCOUNT_CLOSED", {});
    if (BigInt(account.configVersion) !== configVersion) {
      throw refused(accountId, "VERSION_MISMATCH", { current_version: String(account.configVersion) });
    }
    const creditLimitAtoms = change.creditLimitAtoms ?? account.creditLimitAtoms;
    requireInt64(creditLimitAtoms);
    const settings = encodeSettings(changedSettings(account.settings, change));
    requireSize("settings", settings, mostMemoBytes);
    // The function compares the version again: what was read above is what it replaces.
    const call = updateAccountCall({
      accountId,
      configVersion: account.configVersion,
      creditLimitAtoms,
      settings,
      memo: memoOf(change.comment, { config_version: String(configVersion + 1n) }),
    });
    return toAccountResult(accountId, await runCall(this.#store, accountId, call));
  }

  /** Adds a freeze reason. ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, FREEZE_LIMIT_REACHED. */
  freeze(change: FreezeChange): Promise<AccountResult> {
    return this.#setFreeze(change, true);
  }

  /** Lifts a freeze reason and leaves the others. ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED. */
  unfreeze(change: FreezeChange): Promise<AccountResult> {
    return this.#setFreeze(change, false);
  }

  /**
   * Closes an account with posted 0 and no holds for good; `configVersion` 0 means any.
   * ACCOUNT_NOT_FOUND, ACCOUNT_NOT_EMPTY, VERSION_MISMATCH.
   */
  async close(accountId: string, configVersion: bigint, comment: string): Promise<AccountResult> {
    const version = configVersion < greatestVersion ? configVersion : greatestVersion;
    const memo = memoOf(comment, {});
    const call = closeAccountCall({ accountId, configVersion: Number(version), memo });
    return toAccountResult(accountId, await runCall(this.#store, accountId, call));
  }

  async #setFreeze({ accountId, freezeReason, comment }: FreezeChange, adds: boolean) {
    const memo = memoOf(comment, { freeze_reason: freezeReason });
    const call = setFreezeCall({ accountId, freezeReason, adds, memo });
    return toAccountResult(accountId, await runCall(this.#store, accountId, call));
  }

  async #read(accountId: string): Promise<Account> {
    const reply = await runCall(this.#store, accountId, readAccountCall(accountId));
    return toAccountResult(accountId, reply).account;
  }
}

function changedSettings(settings: AccountSettings, change: AccountChange): AccountSettings {
  const contradictory = change.removeLabels.find((name) => Object.hasOwn(change.setLabels, name));
  if (contradictory !== undefined) {
    throw invalidField("remove_labels", `${contradictory} can't be set and removed in one call`);
  }
  const kept = Object.entries(settings.labels).filter(([name]) => !change.removeLabels.includes(name));
  const labels = Object.fromEntries([...kept, ...Object.entries(change.setLabels)]);
  const count = Object.keys(labels).length;
  if (count > mostLabels) {
    throw invalidField("set_labels", `the account would have ${count} labels; it may have ${mostLabels}`);
  }
  return {
    priceBook: change.priceBook ?? settings.priceBook,
    labels,
    lowBalanceThresholds: change.lowBalanceThresholds ?? settings.lowBalanceThresholds,
  };
}

/** What the function would refuse, found before it is called. */
function refused(accountId: string, reason: CoreReason | CommonReason, facts: Record<string, string>) {
  return toCoreError(accountId, new FunctionRefusal(reason, facts));
}

function memoOf(comment: string, metadata: Readonly<Record<string, string>>): string {
  return encodeMemo({ description: comment, metadata }, [], undefined);
}

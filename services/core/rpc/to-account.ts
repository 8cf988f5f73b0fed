import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Account,
  AccountSchema,
  LowBalanceThresholdSchema,
  AccountState as WireState,
} from "#gen/billing/core/v1/account_pb.ts";
import { type Balance, BalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { type Money, MoneySchema } from "#gen/billing/type/v1/money_pb.ts";
import { fromAtoms } from "#money/atoms.ts";
import type * as domain from "../domain/account.ts";
import type * as ledger from "../domain/balance.ts";
import type { LedgerUnit } from "../domain/results.ts";

/** Atoms of an account as Money. */
export function toMoney(atoms: bigint, { currencyCode, ledgerScale }: LedgerUnit): Money {
  return create(MoneySchema, { currencyCode, amount: fromAtoms(atoms, ledgerScale) });
}

/** An account as the contract shows it. */
export function toAccountMessage(account: domain.Account): Account {
  const { settings } = account;
  return create(AccountSchema, {
    accountId: account.accountId,
    currencyCode: account.currencyCode,
    ledgerScale: account.ledgerScale,
    state: WireState[account.state],
    freezeReasons: [...account.freezeReasons],
    creditLimit: toMoney(account.creditLimitAtoms, account),
    priceBook: settings.priceBook,
    labels: { ...settings.labels },
    lowBalanceThresholds: settings.lowBalanceThresholds.map(toThreshold),
    configVersion: BigInt(account.configVersion),
    createdAt: timestampFromMs(account.createdMs),
    updatedAt: timestampFromMs(account.updatedMs),
  });
}

/** A balance as the contract shows it. */
export function toBalanceMessage(balance: ledger.Balance, unit: LedgerUnit): Balance {
  const money = (atoms: bigint) => toMoney(atoms, unit);
  return create(BalanceSchema, {
    accountId: balance.accountId,
    posted: money(balance.postedAtoms),
    reserved: money(balance.reservedAtoms),
    available: money(balance.availableAtoms),
    spendable: money(balance.spendableAtoms),
    creditLimit: money(balance.creditLimitAtoms),
    funded: money(balance.fundedAtoms),
    spent: money(balance.spentAtoms),
    expired: money(balance.expiredAtoms),
    sequence: BigInt(balance.sequence),
    updatedAt: timestampFromMs(balance.updatedMs),
  });
}

function toThreshold(threshold: domain.LowBalanceThreshold) {
  return create(LowBalanceThresholdSchema, {
    level:
      "amount" in threshold
        ? { case: "amount", value: threshold.amount }
        : { case: "percentOfLastCredit", value: threshold.percentOfLastCredit },
  });
}

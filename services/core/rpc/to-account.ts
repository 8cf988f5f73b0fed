import { create } from "@bufbuild/protobuf";
import {
  type Account,
  AccountSchema,
  LowBalanceThresholdSchema,
  AccountState as WireState,
} from "#gen/billing/core/v1/account_pb.ts";
import {
  type Balance,
  BalanceSchema,
  CreditKind,
  type Grant as GrantMessage,
  GrantSchema,
} from "#gen/billing/core/v1/balance_pb.ts";
import { type Money, MoneySchema } from "#gen/billing/type/v1/money_pb.ts";
import { fromAtoms } from "#money/atoms.ts";
import type * as domain from "../domain/account.ts";
import type * as ledger from "../domain/balance.ts";
import type { Grant } from "../domain/grant.ts";
import type { LedgerUnit } from "../domain/results.ts";
import { toTimestamp } from "./timestamps.ts";

/** Atoms of an account as Money. As a literal, for an answer has two dozen of them and `create` walks the schema. */
export function toMoney(atoms: bigint, { currencyCode, ledgerScale }: LedgerUnit): Money {
  return { $typeName: MoneySchema.typeName, currencyCode, amount: fromAtoms(atoms, ledgerScale) };
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
    createdAt: toTimestamp(account.createdMs),
    updatedAt: toTimestamp(account.updatedMs),
  });
}

/** A balance as the contract shows it, with its grants where they belong to the answer. */
export function toBalanceMessage(
  balance: ledger.Balance,
  unit: LedgerUnit,
  grants: readonly Grant[] = [],
): Balance {
  const money = (atoms: bigint) => toMoney(atoms, unit);
  return {
    $typeName: BalanceSchema.typeName,
    accountId: balance.accountId,
    posted: money(balance.postedAtoms),
    reserved: money(balance.reservedAtoms),
    available: money(balance.availableAtoms),
    spendable: money(balance.spendableAtoms),
    creditLimit: money(balance.creditLimitAtoms),
    funded: money(balance.fundedAtoms),
    spent: money(balance.spentAtoms),
    expired: money(balance.expiredAtoms),
    grants: grants.map((grant) => toGrantMessage(grant, unit)),
    sequence: BigInt(balance.sequence),
    updatedAt: toTimestamp(balance.updatedMs),
  };
}

function toGrantMessage(grant: Grant, unit: LedgerUnit): GrantMessage {
  return create(GrantSchema, {
    grantId: grant.grantId,
    kind: CreditKind[grant.kind],
    amount: toMoney(grant.amountAtoms, unit),
    remaining: toMoney(grant.remainingAtoms, unit),
    earmarked: toMoney(grant.earmarkedAtoms, unit),
    priority: grant.priority,
    createdAt: toTimestamp(grant.createdMs),
    ...(grant.expiresMs === undefined ? {} : { expiresAt: toTimestamp(grant.expiresMs) }),
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

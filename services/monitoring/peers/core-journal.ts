import { timestampMs } from "@bufbuild/protobuf/wkt";
import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { Decimal } from "#money/decimal.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { AccountFacts, AccountThreshold } from "../domain/intake/account-state.ts";
import type { EventLeg, LedgerEvent } from "../domain/intake/ledger-event.ts";
import type { LedgerJournal } from "../domain/intake/ledger-journal.ts";
import { type EntryType, entryTypes } from "../domain/metrics/definitions/ledger-metrics.ts";

const accountsPerPage = 1_000;

/** The ledger's journal as Core gives it. */
export function createCoreJournal(core: ServiceClient<typeof BillingCoreService>): LedgerJournal {
  return {
    async readFacts(accountId): Promise<AccountFacts | undefined> {
      try {
        const { account } = await core.getAccount({ accountId });
        const thresholds = (account?.lowBalanceThresholds ?? []).flatMap(({ level }): AccountThreshold[] => {
          if (level.case === "amount") return [{ amount: level.value }];
          return level.case === undefined ? [] : [{ percentOfLastCredit: level.value }];
        });
        return { currencyCode: account!.currencyCode, ledgerScale: account!.ledgerScale, thresholds };
      } catch (error) {
        if (error instanceof ServiceError && error.reason === "ACCOUNT_NOT_FOUND") return undefined;
        throw error;
      }
    },
    async *readEvents(accountId, afterSequence, { ledgerScale }, signal) {
      const request = { accountId, afterSequence: BigInt(afterSequence) };
      for await (const { transactions } of core.exportTransactions(request, undefined, signal))
        yield transactions.map((transaction) => toEvent(transaction, ledgerScale));
    },
    async *listAccounts(signal) {
      let pageToken = "";
      do {
        const page = await core.listAccounts({ pageSize: accountsPerPage, pageToken });
        yield page.accounts.map(({ account, balance }) => ({
          accountId: account!.accountId,
          sequence: Number(balance!.sequence),
        }));
        pageToken = page.nextPageToken;
      } while (pageToken !== "" && !signal.aborted);
    },
  };
}

function toEvent(transaction: Transaction, ledgerScale: number): LedgerEvent {
  const atoms = (money: Money | undefined) =>
    money === undefined ? 0n : Decimal.parse(money.amount).toUnits(ledgerScale, "half-even");
  const balance = transaction.balanceAfter;
  return {
    accountId: transaction.accountId,
    sequence: Number(transaction.sequence),
    atMs: timestampMs(transaction.createdAt!),
    type: typeOf(transaction.type),
    postedAtoms: atoms(balance?.posted),
    reservedAtoms: atoms(balance?.reserved),
    creditLimitAtoms: atoms(balance?.creditLimit),
    legs: transaction.legs.map(({ column, amount, kind }) => ({
      column: column.startsWith("external:") ? "external" : (column as EventLeg["column"]),
      amountAtoms: atoms(amount),
      kind: kind === CreditKind.PROMOTIONAL ? "promotional" : "purchased",
    })),
    openHoldsChange: transaction.openHoldsChange,
    source: transaction.source,
    uncollectedAtoms: atoms(transaction.uncollected),
  };
}

function typeOf(type: TransactionType): EntryType {
  const known = entryTypes.find((each) => TransactionType[each] === type);
  if (known === undefined) throw new TypeError(`Core told of an entry of the unknown type ${type}`);
  return known;
}

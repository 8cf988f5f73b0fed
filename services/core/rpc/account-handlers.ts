import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import type { ListAccountsRequest } from "#gen/billing/core/v1/account_rpc_pb.ts";
import { ConvertedBalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { AccountDirectory } from "../domain/account-directory.ts";
import type { AccountFilter, ListPosition } from "../domain/account-listing.ts";
import type { Balance } from "../domain/balance.ts";
import { CoreError } from "../domain/core-error.ts";
import { exactRate } from "../domain/exact-rate.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { RateSource } from "../domain/rating-peers.ts";
import type { LedgerUnit } from "../domain/results.ts";
import { toCreditLimit, toThresholds } from "./account-settings.ts";
import { toAccountMessage, toBalanceMessage } from "./to-account.ts";

type Handlers = Pick<
  ServiceHandlers<typeof BillingCoreService>,
  "createAccount" | "getAccount" | "listAccounts" | "getBalance"
>;

/** Accounts and their balances. */
export function accountHandlers(
  ledger: Ledger,
  directory: AccountDirectory,
  rates: RateSource,
  pageTokens: PageTokens,
): Handlers {
  return {
    createAccount: async (request) => {
      const currency = await rates.currency(request.currencyCode);
      if (!currency.active)
        throw new CoreError("CURRENCY_INACTIVE", `currency_code: ${currency.code} takes no new accounts`);
      const unit = { currencyCode: currency.code, ledgerScale: currency.ledgerScale };
      const { account, balance, idempotentReplay } = await ledger.createAccount({
        accountId: request.accountId,
        ...unit,
        creditLimitAtoms: request.creditLimit === undefined ? 0n : toCreditLimit(request.creditLimit, unit),
        settings: {
          priceBook: request.priceBook,
          labels: request.labels,
          lowBalanceThresholds: toThresholds(request.lowBalanceThresholds, unit, "low_balance_thresholds"),
        },
      });
      return {
        account: toAccountMessage(account),
        balance: toBalanceMessage(balance, unit),
        idempotentReplay,
      };
    },

    getAccount: async ({ accountId }) => ({
      account: toAccountMessage((await ledger.getAccount(accountId)).account),
    }),

    listAccounts: async (request) => {
      const filter = accountFilterOf(request);
      const pageSize = request.pageSize || 50;
      const after = pageTokens.decode(["ListAccounts", filter], request.pageToken) as
        | ListPosition
        | undefined;
      const { accounts, next } = await directory.list(filter, after, pageSize);
      return {
        accounts: accounts.map(({ account, balance }) => ({
          account: toAccountMessage(account),
          balance: toBalanceMessage(balance, account),
        })),
        nextPageToken: next === undefined ? "" : pageTokens.encode(["ListAccounts", filter], next),
      };
    },

    getBalance: async ({ accountId, asOf, displayCurrencies }) => {
      const { account, balance, serverTimeMs } = await ledger.getAccount(accountId);
      if (asOf !== undefined && timestampMs(asOf) < serverTimeMs) {
        throw new CoreError("METHOD_UNAVAILABLE", "as_of: this server shows the present balance only");
      }
      return {
        balance: toBalanceMessage(balance, account),
        converted: await Promise.all(
          displayCurrencies.map((code) => convertBalance(rates, balance, account, code)),
        ),
        accountState: AccountState[account.state],
      };
    },
  };
}

const filteredStates: Readonly<Partial<Record<AccountState, AccountFilter["state"]>>> = {
  [AccountState.ACTIVE]: "ACTIVE",
  [AccountState.FROZEN]: "FROZEN",
  [AccountState.CLOSED]: "CLOSED",
};

function accountFilterOf(request: ListAccountsRequest): AccountFilter {
  return {
    idPrefix: request.accountIdPrefix,
    currencyCode: request.currencyCode,
    state: filteredStates[request.state],
    labels: request.labels,
    priceBook: request.priceBook,
  };
}

/** A balance in another currency, for display; why not, where there is no rate. */
async function convertBalance(
  rates: RateSource,
  balance: Balance,
  unit: LedgerUnit & { accountId: string },
  code: string,
) {
  try {
    const [rate, { minorDigits }] = await Promise.all([
      rates.rate({
        fromCurrency: unit.currencyCode,
        toCurrency: code,
        accountId: unit.accountId,
        quoteId: "",
        asOfMs: undefined,
      }),
      rates.currency(code),
    ]);
    const factor = exactRate(rate);
    const convert = (atoms: bigint) => ({
      currencyCode: code,
      amount: Ratio.fromDecimal(Decimal.ofUnits(atoms, unit.ledgerScale))
        .multiply(factor)
        .round(minorDigits, "half-even")
        .toFixed(minorDigits),
    });
    return create(ConvertedBalanceSchema, {
      currencyCode: code,
      available: convert(balance.availableAtoms),
      spendable: convert(balance.spendableAtoms),
      rate,
    });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return create(ConvertedBalanceSchema, { currencyCode: code, unavailableReason: error.reason });
  }
}

import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { BalanceReading } from "../domain/balance-reading.ts";
import type { RateSource } from "../domain/rating-peers.ts";
import { convertBalance } from "./balance-conversion.ts";
import { toBalanceMessage } from "./to-account.ts";

type Handlers = Pick<ServiceHandlers<typeof BillingCoreService>, "getBalance">;

/** Balances, of now and of past times. */
export function balanceHandlers(reading: BalanceReading, rates: RateSource): Handlers {
  return {
    getBalance: async ({ accountId, asOf, displayCurrencies }) => {
      const asOfMs = asOf && lastMsNotAfter(asOf);
      const { account, balance, grants } =
        asOfMs === undefined ? await reading.now(accountId) : await reading.at(accountId, asOfMs);
      return {
        balance: toBalanceMessage(balance, account, grants),
        converted: await Promise.all(
          displayCurrencies.map((code) => convertBalance(rates, balance, account, code, asOfMs)),
        ),
        accountState: AccountState[account.state],
      };
    },
  };
}

/** Entries have times in whole milliseconds: those up to a time are those up to the last whole one. */
function lastMsNotAfter({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000);
}

import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { AccountAdministration } from "../domain/account-administration.ts";
import type { Ledger } from "../domain/ledger.ts";
import { toCreditLimit, toThresholds } from "./account-settings.ts";
import { toAccountMessage } from "./to-account.ts";

type Handlers = Pick<
  ServiceHandlers<typeof BillingCoreService>,
  "updateAccount" | "freezeAccount" | "unfreezeAccount" | "closeAccount"
>;

/** Changes of accounts themselves. */
export function administrationHandlers(administration: AccountAdministration, ledger: Ledger): Handlers {
  return {
    updateAccount: async (request) => {
      const { accountId, configVersion, creditLimit, priceBook, setLabels, removeLabels, comment } = request;
      // Currency and scale never change, so that this reading can't be outdated.
      const { account: unit } = await ledger.getAccount(accountId);
      const thresholds = request.lowBalanceThresholds?.thresholds;
      const { account } = await administration.update({
        accountId,
        configVersion,
        creditLimitAtoms: creditLimit && toCreditLimit(creditLimit, unit),
        priceBook,
        setLabels,
        removeLabels,
        comment,
        lowBalanceThresholds:
          thresholds && toThresholds(thresholds, unit, "low_balance_thresholds.thresholds"),
      });
      return { account: toAccountMessage(account) };
    },

    freezeAccount: async ({ accountId, freezeReason, comment }) => {
      const { account } = await administration.freeze({ accountId, freezeReason, comment });
      return { account: toAccountMessage(account) };
    },

    unfreezeAccount: async ({ accountId, freezeReason, comment }) => {
      const { account } = await administration.unfreeze({ accountId, freezeReason, comment });
      return { account: toAccountMessage(account) };
    },

    closeAccount: async ({ accountId, configVersion, comment }) => {
      const { account } = await administration.close(accountId, configVersion, comment);
      return { account: toAccountMessage(account) };
    },
  };
}

import { createClient } from "@connectrpc/connect";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { readDecimal } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { Money } from "../../design/money.tsx";
import type { AccountDialogProps } from "./account-actions.tsx";
import { AccountStateBadge } from "./account-state-badge.tsx";

const core = createClient(BillingCoreService, transport);

/** Closes an account for good; it must be empty. */
export function CloseDialog({ account, balance, onClose }: AccountDialogProps) {
  const { accountId, configVersion } = account;
  const isEmpty =
    readDecimal(balance.posted?.amount).isZero() && readDecimal(balance.reserved?.amount).isZero();
  return (
    <ActionDialog
      title="Close the account"
      about={`${accountId} is closed for good: only refunds, reversals and adjustments are possible then.`}
      confirmLabel="Close for good"
      isFinal
      problem={isEmpty ? "" : "An account is closed with a posted balance of 0 and without open holds."}
      entries=""
      preview={async () => balance}
      showPreview={(now) => (
        <>
          <BeforeAfter name="State" before={<AccountStateBadge state={account.state} />} after="Closed" />
          <Line name="Posted" value={<Money of={now.posted} />} />
        </>
      )}
      run={(draft) => core.closeAccount({ accountId, configVersion, comment: draft.reason }, draft.options)}
      showResult={() => <p>{accountId} is closed.</p>}
      onClose={onClose}
    />
  );
}

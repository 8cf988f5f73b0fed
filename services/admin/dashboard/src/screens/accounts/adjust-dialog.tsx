import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import type { AdjustBalanceResponse } from "#gen/billing/admin/v1/adjustment_rpc_pb.ts";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { ActionDialog, type ActionDraft } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { transport } from "../../data/transport.ts";
import { CheckField, TextField } from "../../design/field.tsx";
import { Money } from "../../design/money.tsx";
import type { AccountDialogProps } from "./account-actions.tsx";
import { amountProblem } from "./amount-problem.ts";

const admin = createClient(AdminService, transport);

/** Corrects a balance up or down; above the configured limit a second key has to approve it. */
export function AdjustDialog({ account, onClose }: AccountDialogProps) {
  const { accountId, currencyCode, ledgerScale } = account;
  const [amount, setAmount] = useState("");
  const [allowNegative, setAllowNegative] = useState(false);
  const send = (draft: ActionDraft, previewOnly: boolean) =>
    admin.adjustBalance(
      {
        accountId,
        amount: { currencyCode, amount: amount.trim() },
        reason: draft.reason,
        idempotencyKey: draft.idempotencyKey,
        allowNegative,
        previewOnly,
      },
      draft.options,
    );
  return (
    <ActionDialog
      title="Adjust the balance"
      about={`A correction of ${accountId}, up or down.`}
      confirmLabel="Adjust"
      problem={amountProblem(amount, { scale: ledgerScale, allowNegative: true })}
      entries={JSON.stringify([amount, allowNegative])}
      preview={(draft) => send(draft, true)}
      run={(draft) => send(draft, false)}
      showPreview={(answer) => <Effect of={answer} />}
      showResult={(answer) => <Effect of={answer} />}
      onClose={onClose}
    >
      <TextField
        label="Amount"
        name="amount"
        inputMode="decimal"
        placeholder="-3.20"
        suffix={currencyCode}
        hint="With a minus to take away."
        value={amount}
        onChange={(event) => setAmount(event.target.value)}
      />
      <CheckField
        label="Allow it to go below the spendable amount"
        name="allow-negative"
        checked={allowNegative}
        onChange={(event) => setAllowNegative(event.target.checked)}
      />
    </ActionDialog>
  );
}

function Effect({ of }: { of: AdjustBalanceResponse }) {
  const { adjustment, approvalRequired } = of;
  return (
    <>
      <BeforeAfter
        name="Available"
        before={<Money of={adjustment?.availableBefore} />}
        after={<Money of={adjustment?.availableAfter} />}
      />
      <Line name="Change" value={<Money of={adjustment?.amount} signed />} />
      {approvalRequired && <p>Above the limit for one key: a second key has to approve it within 7 days.</p>}
    </>
  );
}

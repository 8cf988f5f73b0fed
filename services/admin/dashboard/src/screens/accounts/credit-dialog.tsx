import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ActionDialog, type ActionDraft } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { readDecimal } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { SelectField, TextField } from "../../design/field.tsx";
import { Money } from "../../design/money.tsx";
import { absoluteText } from "../../design/time.tsx";
import type { AccountDialogProps } from "./account-actions.tsx";
import { amountProblem } from "./amount-problem.ts";

const core = createClient(BillingCoreService, transport);

/** Puts money in: bought outside of Stripe, or given away. */
export function CreditDialog({ account, balance, onClose }: AccountDialogProps) {
  const { accountId, currencyCode, ledgerScale } = account;
  const [amount, setAmount] = useState("");
  const [kind, setKind] = useState("purchased");
  const [reference, setReference] = useState("");
  const [expires, setExpires] = useState("");
  const isGift = kind === "promotional";
  const expiresAt = expires === "" ? undefined : new Date(expires);
  const money = { currencyCode, amount: amount.trim() };
  const run = (draft: ActionDraft) =>
    core.credit(
      {
        accountId,
        amount: money,
        source: isGift ? "promo" : "admin",
        externalReference: reference.trim(),
        kind: isGift ? CreditKind.PROMOTIONAL : CreditKind.PURCHASED,
        ...(expiresAt && { expiresAt: timestampFromDate(expiresAt) }),
        idempotencyKey: draft.idempotencyKey,
        description: draft.reason,
      },
      draft.options,
    );
  return (
    <ActionDialog
      title="Credit the account"
      about={`Money in for ${accountId}, besides what Stripe brings.`}
      confirmLabel="Credit"
      reasonLength={[3, 255]}
      problem={amountProblem(amount, { scale: ledgerScale }) || expiryProblem(expiresAt)}
      entries={JSON.stringify([amount, kind, reference, expires])}
      preview={async () => readDecimal(balance.available?.amount).add(readDecimal(money.amount)).toString()}
      showPreview={(after) => (
        <>
          <BeforeAfter
            name="Available"
            before={<Money of={balance.available} />}
            after={<Money of={{ currencyCode, amount: after }} />}
          />
          <Line name="Kind" value={isGift ? "Promotional: spending it is no revenue" : "Purchased"} />
          <Line name="Expires" value={expiresAt ? absoluteText(expiresAt.getTime()) : "never"} />
        </>
      )}
      run={run}
      showResult={({ balance: after }) => (
        <BeforeAfter
          name="Available"
          before={<Money of={balance.available} />}
          after={<Money of={after?.available} />}
        />
      )}
      onClose={onClose}
    >
      <TextField
        label="Amount"
        name="amount"
        inputMode="decimal"
        placeholder="50.00"
        suffix={currencyCode}
        value={amount}
        onChange={(event) => setAmount(event.target.value)}
      />
      <SelectField
        label="Kind"
        name="kind"
        options={[
          ["purchased", "Purchased, for example by bank transfer"],
          ["promotional", "Promotional, given away"],
        ]}
        value={kind}
        onChange={(event) => setKind(event.target.value)}
      />
      <TextField
        label="Reference"
        name="reference"
        placeholder="transfer-118"
        hint="The payment or order, without spaces. The same one is credited once, for ever. May be empty."
        value={reference}
        onChange={(event) => setReference(event.target.value)}
      />
      <TextField
        label="Expires"
        name="expires"
        type="datetime-local"
        hint="What is left then expires. Empty: never."
        value={expires}
        onChange={(event) => setExpires(event.target.value)}
      />
    </ActionDialog>
  );
}

function expiryProblem(expiresAt: Date | undefined): string {
  return expiresAt !== undefined && expiresAt.getTime() <= Date.now()
    ? "The expiry must be in the future."
    : "";
}

import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { Transaction } from "#gen/billing/core/v1/transaction_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { formatAmount, readDecimal } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { TextField } from "../../design/field.tsx";
import { Money } from "../../design/money.tsx";
import { amountProblem } from "../accounts/amount-problem.ts";

const core = createClient(BillingCoreService, transport);
/** Most digits that a ledger keeps; the server knows the account's own. */
const scale = 9;

/** Gives back a charge or commit, in part or whole. */
export function RefundDialog({ entry, onClose }: { entry: Transaction; onClose: () => void }) {
  const { transactionId, accountId } = entry;
  const currencyCode = entry.amount?.currencyCode ?? "";
  const left = readDecimal(entry.amount?.amount).negate().subtract(readDecimal(entry.refunded?.amount));
  const [amount, setAmount] = useState(left.toString());
  const money = { currencyCode, amount: amount.trim() };
  const problem = amountProblem(amount, { scale });
  const isTooMuch = problem === "" && readDecimal(money.amount).compare(left) > 0;
  return (
    <ActionDialog
      title="Refund"
      about={`Gives money back to ${accountId}. In sum never more than was charged.`}
      confirmLabel="Refund"
      problem={
        isTooMuch ? `At most ${formatAmount(left.toString(), currencyCode)} is left to refund.` : problem
      }
      entries={amount}
      preview={async () => {
        const { balance } = await core.getBalance({ accountId });
        return balance?.available;
      }}
      showPreview={(available) => (
        <>
          <Line name="Back to the customer" value={<Money of={money} signed />} />
          <BeforeAfter
            name="Available"
            before={<Money of={available} />}
            after={
              <Money
                of={{
                  currencyCode,
                  amount: readDecimal(available?.amount).add(readDecimal(money.amount)).toString(),
                }}
              />
            }
          />
        </>
      )}
      run={({ reason, idempotencyKey, options }) =>
        core.refund({ transactionId, amount: money, reason, idempotencyKey }, options)
      }
      showResult={({ balance }) => <Line name="Available now" value={<Money of={balance?.available} />} />}
      onClose={onClose}
    >
      <TextField
        label="Amount"
        name="amount"
        inputMode="decimal"
        suffix={currencyCode}
        hint={`Up to ${formatAmount(left.toString(), currencyCode)} ${currencyCode}.`}
        value={amount}
        onChange={(event) => setAmount(event.target.value)}
      />
    </ActionDialog>
  );
}

import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter } from "../../actions/before-after.tsx";
import { formatAmount, readDecimal } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { useBooks } from "../../data/use-books.ts";
import { SelectField, TextArea, TextField } from "../../design/field.tsx";
import type { AccountDialogProps } from "./account-actions.tsx";
import { readSettings, toSettingsForm } from "./read-settings.ts";

const core = createClient(BillingCoreService, transport);

/** Changes how an account is set up, if nobody else has changed it meanwhile. */
export function SettingsDialog({ account: now, balance, onClose }: AccountDialogProps) {
  // What is changed is what was shown when the dialog was opened.
  const [account] = useState(now);
  const [form, setForm] = useState(() => toSettingsForm(account));
  const { accountId, configVersion, currencyCode } = account;
  const { problem, changes, request } = readSettings(account, form);
  const books = useBooks();
  const isListed = books.some(([book]) => book === account.priceBook);
  const enter =
    (name: keyof typeof form) =>
    ({ target }: { target: { value: string } }) =>
      setForm({ ...form, [name]: target.value });
  return (
    <ActionDialog
      title="Change the settings"
      about={`Of ${accountId}, version ${configVersion}.`}
      confirmLabel="Change"
      problem={problem}
      entries={JSON.stringify(form)}
      preview={() => core.getAccount({ accountId })}
      showPreview={({ account: found }) => (
        <>
          {changes.map((change) => (
            <BeforeAfter key={change.name} {...change} />
          ))}
          {request.creditLimit && (
            <BeforeAfter
              name="Spendable"
              before={`${formatAmount(balance.spendable?.amount ?? "0", currencyCode)} ${currencyCode}`}
              after={`${formatAmount(
                readDecimal(balance.available?.amount)
                  .add(readDecimal(request.creditLimit.amount))
                  .toString(),
                currencyCode,
              )} ${currencyCode}`}
            />
          )}
          <BeforeAfter name="Version" before={`${configVersion}`} after={`${configVersion + 1n}`} />
          {found?.configVersion !== configVersion && (
            <p className="field-error" role="alert">
              Somebody changed the settings meanwhile, so that this will be refused. Close it and begin anew.
            </p>
          )}
        </>
      )}
      run={(draft) =>
        core.updateAccount({ accountId, configVersion, ...request, comment: draft.reason }, draft.options)
      }
      showResult={({ account: after }) => <p>Settings version now: {String(after?.configVersion)}</p>}
      onClose={onClose}
    >
      <TextField
        label="Credit limit"
        name="credit-limit"
        inputMode="decimal"
        suffix={currencyCode}
        hint="How far the balance may go below 0."
        value={form.creditLimit}
        onChange={enter("creditLimit")}
      />
      <SelectField
        label="Price book"
        name="price-book"
        options={isListed ? books : [...books, [account.priceBook, account.priceBook]]}
        value={form.priceBook}
        onChange={enter("priceBook")}
      />
      <TextArea
        label="Low balance"
        name="thresholds"
        hint="A level a line, as an amount or a part of the last credit: 25 or 10 %."
        value={form.thresholds}
        onChange={enter("thresholds")}
      />
      <TextArea
        label="Labels"
        name="labels"
        hint="One a line: tier = gold"
        value={form.labels}
        onChange={enter("labels")}
      />
    </ActionDialog>
  );
}

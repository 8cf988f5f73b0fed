import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { transport } from "../../data/transport.ts";
import { SelectField, TextField } from "../../design/field.tsx";
import type { AccountDialogProps } from "./account-actions.tsx";
import { AccountStateBadge } from "./account-state-badge.tsx";

const core = createClient(BillingCoreService, transport);
const nameForm = /^[A-Za-z0-9_.:-]{1,64}$/;

/** Adds a reason to the account's freezes. */
export function FreezeDialog({ account, onClose }: AccountDialogProps) {
  const { accountId } = account;
  const [name, setName] = useState("operator");
  return (
    <ActionDialog
      title="Freeze the account"
      about={`No new charges and holds for ${accountId} until every freeze is lifted.`}
      confirmLabel="Freeze"
      problem={nameForm.test(name) ? "" : "The name has letters, digits and _ . : - only, 64 at most."}
      entries={name}
      preview={async () => account.state}
      showPreview={(state) => (
        <>
          <BeforeAfter
            name="State"
            before={<AccountStateBadge state={state} />}
            after={<>Frozen: {[...new Set([...account.freezeReasons, name])].join(", ")}</>}
          />
          <Line name="Stops" value="new charges and holds" />
          <Line name="Goes on" value="settling of open holds, money coming in" />
        </>
      )}
      run={(draft) =>
        core.freezeAccount({ accountId, freezeReason: name, comment: draft.reason }, draft.options)
      }
      showResult={({ account: after }) => <p>Frozen: {after?.freezeReasons.join(", ")}</p>}
      onClose={onClose}
    >
      <TextField
        label="Name of the freeze"
        name="freeze"
        hint="Each freeze is lifted by its name, so that one for a dispute stays when yours is lifted."
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
    </ActionDialog>
  );
}

/** Lifts one of the account's freezes. */
export function UnfreezeDialog({ account, onClose }: AccountDialogProps) {
  const { accountId, freezeReasons } = account;
  const [name, setName] = useState(freezeReasons[0] ?? "");
  const left = freezeReasons.filter((each) => each !== name);
  return (
    <ActionDialog
      title="Lift a freeze"
      about={`${accountId} is active again when no freeze is left.`}
      confirmLabel="Unfreeze"
      entries={name}
      preview={async () => left}
      showPreview={() => (
        <BeforeAfter
          name="State"
          before={`Frozen: ${freezeReasons.join(", ")}`}
          after={left.length === 0 ? "Active" : `Frozen: ${left.join(", ")}`}
        />
      )}
      run={(draft) =>
        core.unfreezeAccount({ accountId, freezeReason: name, comment: draft.reason }, draft.options)
      }
      showResult={({ account: after }) => (
        <p>State now: {after && <AccountStateBadge state={after.state} />}</p>
      )}
      onClose={onClose}
    >
      <SelectField
        label="Freeze"
        name="freeze"
        options={freezeReasons.map((each) => [each, each] as const)}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
    </ActionDialog>
  );
}

import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { Line } from "../../actions/before-after.tsx";
import { transport } from "../../data/transport.ts";
import { CopyText } from "../../design/copy-text.tsx";
import { CheckField } from "../../design/field.tsx";
import { TimeAt } from "../../design/time.tsx";
import type { AccountDialogProps } from "./account-actions.tsx";

const admin = createClient(AdminService, transport);

/** Makes a link with which a customer sees their own account, once and soon. */
export function LinkDialog({ account, onClose }: AccountDialogProps) {
  const { accountId } = account;
  const [mayTopUp, setMayTopUp] = useState(true);
  const scopes = mayTopUp ? ["core.read", "admin.support"] : ["core.read"];
  return (
    <ActionDialog
      title="Link for the customer"
      about={`It opens the page of ${accountId}, once, within 15 minutes.`}
      confirmLabel="Make the link"
      entries={String(mayTopUp)}
      preview={async () => mayTopUp}
      showPreview={(tops) => (
        <>
          <Line name="They see" value="balance, holds and history of this account" />
          <Line name="They may" value={tops ? "add money by card" : "look only"} />
          <Line name="Their session ends" value="after an hour" />
        </>
      )}
      run={(draft) =>
        admin.issueToken(
          {
            subject: `customer:${accountId}`.slice(0, 128),
            scopes,
            accountId,
            reason: draft.reason,
            asLink: true,
          },
          draft.options,
        )
      }
      showResult={({ linkUrl, linkExpiresAt }) => (
        <>
          <CopyText text={linkUrl} label="Copy the link" />
          <p className="soft">
            It is shown here alone. It opens the page once, until <TimeAt at={linkExpiresAt} />.
          </p>
        </>
      )}
      onClose={onClose}
    >
      <CheckField
        label="They may add money by card"
        name="top-up"
        checked={mayTopUp}
        onChange={(event) => setMayTopUp(event.target.checked)}
      />
    </ActionDialog>
  );
}

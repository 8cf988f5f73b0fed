import { useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { type Account, AccountState } from "#gen/billing/core/v1/account_pb.ts";
import type { Balance } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { Button } from "../../design/button.tsx";
import { usePermission } from "../../session/permission.ts";
import { AdjustDialog } from "./adjust-dialog.tsx";
import { CloseDialog } from "./close-dialog.tsx";
import { CreditDialog } from "./credit-dialog.tsx";
import { FreezeDialog, UnfreezeDialog } from "./freeze-dialogs.tsx";
import { LinkDialog } from "./link-dialog.tsx";

/** What every dialog of an account works on. */
export interface AccountDialogProps {
  readonly account: Account;
  readonly balance: Balance;
  readonly onClose: () => void;
}

const dialogs = {
  credit: CreditDialog,
  adjust: AdjustDialog,
  freeze: FreezeDialog,
  unfreeze: UnfreezeDialog,
  close: CloseDialog,
  link: LinkDialog,
} as const;

const core = BillingCoreService.method;

/** What the session may do with the account. */
export function AccountActions({ account, balance }: Omit<AccountDialogProps, "onClose">) {
  const [shown, show] = useState<keyof typeof dialogs>();
  const may = usePermission();
  const isClosed = account.state === AccountState.CLOSED;
  const isFrozen = account.state === AccountState.FROZEN;
  const Shown = shown && dialogs[shown];
  return (
    <>
      {may(core.closeAccount) && !isClosed && (
        <Button look="quiet" onClick={() => show("close")}>
          Close account
        </Button>
      )}
      {may(AdminService.method.issueToken) && !isClosed && (
        <Button icon="key" onClick={() => show("link")}>
          Customer link
        </Button>
      )}
      {may(core.unfreezeAccount) && isFrozen && (
        <Button icon="lock" onClick={() => show("unfreeze")}>
          Unfreeze
        </Button>
      )}
      {may(core.freezeAccount) && !isClosed && (
        <Button icon="lock" onClick={() => show("freeze")}>
          Freeze
        </Button>
      )}
      {may(AdminService.method.adjustBalance) && (
        <Button icon="edit" onClick={() => show("adjust")}>
          Adjust
        </Button>
      )}
      {may(core.credit) && !isClosed && (
        <Button look="primary" icon="plus" onClick={() => show("credit")}>
          Credit
        </Button>
      )}
      {Shown && <Shown account={account} balance={balance} onClose={() => show(undefined)} />}
    </>
  );
}

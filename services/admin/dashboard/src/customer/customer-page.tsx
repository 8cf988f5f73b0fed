import { useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { Balance } from "#gen/billing/core/v1/balance_pb.ts";
import { readDecimal } from "../data/exact.ts";
import { Button, IconButton } from "../design/button.tsx";
import { Stat, StatRow } from "../design/facts.tsx";
import { Money } from "../design/money.tsx";
import { PageHeader } from "../design/page.tsx";
import { Loaded } from "../design/states.tsx";
import { Tabs, useTab } from "../design/tabs.tsx";
import { useBalance } from "../screens/accounts/use-balance.ts";
import { usePermission } from "../session/permission.ts";
import { signOut } from "../session/session.ts";
import { ConnectionNote, ConnectionState } from "../shell/connection-note.tsx";
import { Mark } from "../shell/mark.tsx";
import { ThemeSwitch } from "../shell/navigation.tsx";
import { CustomerActivity } from "./customer-activity.tsx";
import { CustomerHolds } from "./customer-holds.tsx";
import "./customer-page.css";
import { TopUpDialog } from "./top-up-dialog.tsx";

const tabs = [
  ["activity", "Activity"],
  ["holds", "Set aside"],
] as const;

/** A customer's own page: what they have, what is set aside, what happened, and a way to add money. */
export function CustomerPage({ accountId }: { accountId: string }) {
  const { read, balance } = useBalance(accountId);
  const [isToppingUp, setToppingUp] = useState(false);
  const may = usePermission();
  const shown = useTab("activity");
  return (
    <div className="customer">
      <header className="customer-bar">
        <span className="customer-brand">
          <Mark size={24} /> {accountId}
        </span>
        <ConnectionState />
        <ThemeSwitch />
        <IconButton icon="leave" label="Sign out" onClick={() => void signOut()} />
      </header>
      <main className="content customer-content">
        <ConnectionNote />
        <PageHeader
          title="Your balance"
          actions={
            balance &&
            may(AdminService.method.createCheckoutSession) && (
              <Button look="primary" icon="plus" onClick={() => setToppingUp(true)}>
                Add money
              </Button>
            )
          }
        />
        <div className="stack">
          <Loaded from={read}>{() => balance && <Figures balance={balance} />}</Loaded>
          <Tabs label="Parts of your account" tabs={tabs} />
          {shown === "holds" ? (
            <CustomerHolds accountId={accountId} />
          ) : (
            <CustomerActivity accountId={accountId} />
          )}
        </div>
      </main>
      {isToppingUp && balance && (
        <TopUpDialog
          accountId={accountId}
          currencyCode={balance.available?.currencyCode ?? ""}
          onClose={() => setToppingUp(false)}
        />
      )}
    </div>
  );
}

function Figures({ balance }: { balance: Balance }) {
  return (
    <StatRow>
      <Stat
        big
        name="You can spend"
        value={<Money of={balance.spendable} />}
        note={<Composition of={balance} />}
      />
      <Stat name="Set aside" value={<Money of={balance.reserved} />} note="for calls under way" />
      <Stat name="Spent so far" value={<Money of={balance.spent} />} note="less refunds" />
    </StatRow>
  );
}

/** What can be spent is what they have, and what they may owe. */
function Composition({ of: { available, spendable } }: { of: Balance }) {
  const credit = readDecimal(spendable?.amount).subtract(readDecimal(available?.amount));
  if (credit.isZero()) return <>what is left for new calls</>;
  const currencyCode = available?.currencyCode ?? "";
  return (
    <>
      <Money of={{ currencyCode, amount: credit.toString() }} /> of it on credit
    </>
  );
}

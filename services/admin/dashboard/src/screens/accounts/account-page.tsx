import { useQuery } from "@connectrpc/connect-query";
import type { Account } from "#gen/billing/core/v1/account_pb.ts";
import type { Balance } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { usePathId } from "../../data/path-id.ts";
import { Badge } from "../../design/badge.tsx";
import { Stat, StatRow } from "../../design/facts.tsx";
import { Money } from "../../design/money.tsx";
import { PageHeader } from "../../design/page.tsx";
import { Loaded } from "../../design/states.tsx";
import { Tabs, useTab } from "../../design/tabs.tsx";
import { AccountActions } from "./account-actions.tsx";
import { AccountSettings } from "./account-settings.tsx";
import { AccountStateBadge } from "./account-state-badge.tsx";
import { GrantList } from "./grant-list.tsx";
import { HoldList } from "./hold-list.tsx";
import { TransactionList } from "./transaction-list.tsx";
import { useBalance } from "./use-balance.ts";

const tabs = [
  ["activity", "Activity"],
  ["holds", "Holds"],
  ["grants", "Grants"],
  ["settings", "Settings"],
] as const;

/** An account: what it has, what happened, and what can be done. */
export function Page() {
  const accountId = usePathId("accountId");
  const account = useQuery(BillingCoreService.method.getAccount, { accountId });
  const { read, balance } = useBalance(accountId);
  const known = account.data?.account;
  return (
    <>
      <PageHeader
        title={accountId}
        back={{ href: "/accounts", label: "Accounts" }}
        badges={known && <Badges account={known} />}
        about={known && <About account={known} />}
        actions={known && balance && <AccountActions account={known} balance={balance} />}
      />
      <div className="stack">
        <Loaded from={read}>{() => balance && <Columns balance={balance} />}</Loaded>
        <Tabs label="Parts of the account" tabs={tabs} />
        <Part account={known} balance={balance} accountId={accountId} />
      </div>
    </>
  );
}

function Badges({ account }: { account: Account }) {
  return (
    <>
      <AccountStateBadge state={account.state} />
      {account.freezeReasons.map((reason) => (
        <Badge key={reason}>{reason}</Badge>
      ))}
    </>
  );
}

function About({ account }: { account: Account }) {
  const labels = Object.entries(account.labels).map(([name, value]) => `${name}: ${value}`);
  return <>{[`${account.currencyCode} account`, ...labels].join(" · ")}</>;
}

/** The columns of the balance that decide what the customer can do. */
function Columns({ balance }: { balance: Balance }) {
  return (
    <StatRow>
      <Stat
        big
        name="Available"
        value={<Money of={balance.available} />}
        note={
          <>
            <Money of={balance.spendable} /> spendable with the credit limit
          </>
        }
      />
      <Stat name="Reserved" value={<Money of={balance.reserved} />} note="held by open reservations" />
      <Stat name="Posted" value={<Money of={balance.posted} />} note="available and reserved" />
      <Stat name="Spent" value={<Money of={balance.spent} />} note="since the beginning, less refunds" />
    </StatRow>
  );
}

function Part({
  accountId,
  account,
  balance,
}: {
  accountId: string;
  account: Account | undefined;
  balance: Balance | undefined;
}) {
  const shown = useTab("activity");
  switch (shown) {
    case "holds":
      return <HoldList accountId={accountId} />;
    case "grants":
      return balance ? <GrantList balance={balance} /> : null;
    case "settings":
      return account ? <AccountSettings account={account} balance={balance} /> : null;
    default:
      return <TransactionList accountId={accountId} />;
  }
}

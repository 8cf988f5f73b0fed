import { lazy, Suspense, useState } from "react";
import { type Account, AccountState, type LowBalanceThreshold } from "#gen/billing/core/v1/account_pb.ts";
import type { Balance } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { formatAmount } from "../../data/exact.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { Money } from "../../design/money.tsx";
import { EmptyState } from "../../design/states.tsx";
import { TimeAt } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";

/** It knows the price books, which the screen does without. */
const SettingsDialog = lazy(async () => ({
  default: (await import("./settings-dialog.tsx")).SettingsDialog,
}));

/** How an account is set up. */
export function AccountSettings({ account, balance }: { account: Account; balance: Balance | undefined }) {
  const [isChanging, setChanging] = useState(false);
  const may = usePermission();
  const mayChange = may(BillingCoreService.method.updateAccount) && account.state !== AccountState.CLOSED;
  const labels = Object.entries(account.labels);
  return (
    <div className="columns">
      <Card
        title="Account"
        actions={
          mayChange &&
          balance && (
            <Button size="s" icon="edit" onClick={() => setChanging(true)}>
              Change
            </Button>
          )
        }
      >
        <Facts
          of={[
            ["Currency", account.currencyCode],
            ["Digits kept", String(account.ledgerScale)],
            ["Credit limit", <Money key="limit" of={account.creditLimit} />],
            ["Price book", account.priceBook || "default"],
            ["Created", <TimeAt key="created" at={account.createdAt} />],
            ["Last entry", <TimeAt key="updated" at={account.updatedAt} />],
            ["Settings version", String(account.configVersion)],
          ]}
        />
      </Card>
      <Card title="Low balance" hint="told once per crossing">
        {account.lowBalanceThresholds.length === 0 ? (
          <EmptyState title="No thresholds" icon="alerts">
            Nobody is told when this balance runs low.
          </EmptyState>
        ) : (
          <Facts
            of={account.lowBalanceThresholds.map((threshold, index) => [
              `Threshold ${index + 1}`,
              thresholdText(threshold, account.currencyCode),
            ])}
          />
        )}
      </Card>
      <Card title="Labels">
        {labels.length === 0 ? (
          <EmptyState title="No labels" icon="pricing">
            Labels help to find accounts and to split reports.
          </EmptyState>
        ) : (
          <Facts of={labels} />
        )}
      </Card>
      {isChanging && balance && (
        <Suspense>
          <SettingsDialog account={account} balance={balance} onClose={() => setChanging(false)} />
        </Suspense>
      )}
    </div>
  );
}

function thresholdText({ level }: LowBalanceThreshold, currencyCode: string): string {
  return level.case === "percentOfLastCredit"
    ? `${level.value} % of the last credit`
    : `${formatAmount(String(level.value ?? "0"), currencyCode)} ${currencyCode}`;
}

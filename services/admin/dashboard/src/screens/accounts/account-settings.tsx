import type { Account, LowBalanceThreshold } from "#gen/billing/core/v1/account_pb.ts";
import { formatAmount } from "../../data/exact.ts";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { Money } from "../../design/money.tsx";
import { EmptyState } from "../../design/states.tsx";
import { TimeAt } from "../../design/time.tsx";

/** How an account is set up. */
export function AccountSettings({ account }: { account: Account }) {
  const labels = Object.entries(account.labels);
  return (
    <div className="columns">
      <Card title="Account">
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
    </div>
  );
}

function thresholdText({ level }: LowBalanceThreshold, currencyCode: string): string {
  return level.case === "percentOfLastCredit"
    ? `${level.value} % of the last credit`
    : `${formatAmount(String(level.value ?? "0"), currencyCode)} ${currencyCode}`;
}

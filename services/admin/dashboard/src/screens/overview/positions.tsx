import type { CurrencyPosition } from "#gen/billing/monitoring/v1/overview_pb.ts";
import { compareDecimals, formatNumber } from "../../data/exact.ts";
import { Card } from "../../design/card.tsx";
import { Money } from "../../design/money.tsx";
import { EmptyState } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";

/** What is owed to customers and by them, currency by currency; sums over currencies would mean nothing. */
export function Positions({ positions }: { positions: readonly CurrencyPosition[] }) {
  return (
    <Card flush title="Balances of all customers" hint="per currency">
      <Table
        label="Balances per currency"
        columns={columns}
        rows={positions}
        keyOf={({ currencyCode }) => currencyCode}
        empty={<EmptyState title="No balances yet" icon="accounts" />}
      />
    </Card>
  );
}

function amountColumn(
  id: "liabilities" | "debts" | "reserved",
  title: string,
  isMinor = false,
): Column<CurrencyPosition> {
  return {
    id,
    title,
    align: "right",
    isMinor,
    compare: (left, right) => compareDecimals(left[id], right[id]),
    cell: (position) => (
      <Money of={{ amount: position[id], currencyCode: position.currencyCode }} hideCurrency />
    ),
  };
}

const columns: ReadonlyArray<Column<CurrencyPosition>> = [
  {
    id: "currency",
    title: "Currency",
    compare: (left, right) => left.currencyCode.localeCompare(right.currencyCode),
    cell: ({ currencyCode }) => <strong>{currencyCode}</strong>,
  },
  amountColumn("liabilities", "Owed to customers"),
  amountColumn("debts", "Owed by customers"),
  amountColumn("reserved", "Reserved", true),
  {
    id: "accounts",
    title: "Accounts",
    align: "right",
    isMinor: true,
    compare: (left, right) => Number(left.accountCount - right.accountCount),
    cell: ({ accountCount }) => formatNumber(accountCount),
  },
];

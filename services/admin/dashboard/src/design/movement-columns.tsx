import type { Transaction } from "#gen/billing/core/v1/transaction_pb.ts";
import { compareDecimals } from "../data/exact.ts";
import { Money } from "./money.tsx";
import type { Column } from "./table.tsx";

/** What an entry moved, with its sign. */
export const amountColumn: Column<Transaction> = {
  id: "amount",
  title: "Amount",
  align: "right",
  compare: (left, right) => compareDecimals(left.amount?.amount, right.amount?.amount),
  cell: ({ amount }) => <Money of={amount} signed />,
};

/** What could be spent after an entry. */
export const availableColumn = (title: string): Column<Transaction> => ({
  id: "available",
  title,
  align: "right",
  isMinor: true,
  compare: (left, right) =>
    compareDecimals(left.balanceAfter?.available?.amount, right.balanceAfter?.available?.amount),
  cell: ({ balanceAfter }) => <Money of={balanceAfter?.available} />,
});

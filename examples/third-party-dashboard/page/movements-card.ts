import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { formatAmount } from "./amounts.ts";
import type { Board } from "./board.ts";
import { element, make, showProblem } from "./dom.ts";
import { describeFailure } from "./failure.ts";

/** What moves money, in words; holds do not. */
const words: ReadonlyMap<TransactionType, string> = new Map([
  [TransactionType.CREDIT, "Paid in"],
  [TransactionType.CHARGE, "Charge"],
  [TransactionType.COMMIT, "Call"],
  [TransactionType.REFUND, "Refund"],
  [TransactionType.ADJUSTMENT, "Correction"],
  [TransactionType.GRANT_EXPIRED, "Credit expired"],
  [TransactionType.CREDIT_REVERSED, "Payment taken back"],
]);
const shownRows = 8;

/** The last movements: read once, then each as it happens. */
export function showMovements({ clients, urls, accountId, signal }: Board) {
  let shown: Transaction[] = [];
  const draw = (transactions: readonly Transaction[]) => {
    shown = transactions.filter(({ type }) => words.has(type)).slice(0, shownRows);
    element("movement-rows").replaceChildren(...(shown.length > 0 ? shown.map(rowOf) : [emptyRow()]));
  };
  const read = async () => {
    const types = [...words.keys()];
    const request = { accountId, types, pageSize: shownRows };
    draw((await clients.core.listTransactions(request, { signal })).transactions);
    showProblem("movements", undefined);
  };
  return {
    reload(): void {
      read().catch((error: unknown) => {
        if (!signal.aborted) showProblem("movements", describeFailure(error, urls.core));
      });
    },
    add(transaction: Transaction): void {
      const isKnown = shown.some(({ sequence }) => sequence >= transaction.sequence);
      if (!isKnown) draw([transaction, ...shown]);
    },
  };
}

function rowOf({ createdAt, type, description, amount }: Transaction): HTMLElement {
  const row = make("tr");
  const time = createdAt === undefined ? "" : timeText(timestampDate(createdAt));
  const what = make("td", words.get(type) ?? "");
  if (description !== "") what.append(make("span", description, "faint"));
  const text = amount?.amount ?? "0";
  const sign = text.startsWith("-") ? "" : "+";
  row.append(make("td", time, "faint"), what, make("td", sign + formatAmount(text), "right amount"));
  return row;
}

function emptyRow(): HTMLElement {
  const row = make("tr");
  const cell = make("td", "Nothing has moved yet.", "faint");
  cell.setAttribute("colspan", "3");
  row.append(cell);
  return row;
}

/** The time of day; before today the day as well. */
function timeText(date: Date): string {
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString("en-GB", isToday ? time : { day: "numeric", month: "short", ...time });
}

import type { Balance } from "#gen/billing/core/v1/balance_pb.ts";
import type { WatchBalanceResponse } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import type { Transaction } from "#gen/billing/core/v1/transaction_pb.ts";
import { asLength, formatAmount, readAmount } from "./amounts.ts";
import type { Board } from "./board.ts";
import { element, showProblem, showState, write } from "./dom.ts";
import { describeFailure } from "./failure.ts";
import { follow } from "./follow.ts";

/** Who else wants to know. */
export interface BalanceListener {
  readonly onBalance: (balance: Balance) => void;
  /** The whole balance came: what happened before it is unknown. */
  readonly onSnapshot: () => void;
  readonly onTransaction: (transaction: Transaction) => void;
}

/** Core sends a sign of life every 15 s. */
const quietMs = 45_000;

/** The balance, live: a snapshot, then each change in order. After a loss it goes on after the last one seen. */
export function showBalance({ clients, urls, accountId, signal }: Board, listener: BalanceListener): void {
  let seen = 0n;
  const take = (balance: Balance) => {
    seen = balance.sequence;
    draw(balance);
    listener.onBalance(balance);
  };
  const onEvent = ({ event }: WatchBalanceResponse) => {
    if (event.case === "snapshot") {
      take(event.value);
      listener.onSnapshot();
    } else if (event.case === "change" && event.value.transaction?.balanceAfter !== undefined) {
      take(event.value.transaction.balanceAfter);
      listener.onTransaction(event.value.transaction);
    }
  };
  void follow<WatchBalanceResponse>(
    {
      quietMs,
      onEvent,
      // A stream has no deadline: it ends when the page leaves it, and servers end it after a while.
      open: (streamSignal) =>
        clients.core.watchBalance({ accountId, afterSequence: seen }, { signal: streamSignal, timeoutMs: 0 }),
      onState: (state, error) => {
        showState("balance", state);
        showProblem("balance", error === undefined ? undefined : describeFailure(error, urls.core));
      },
    },
    signal,
  );
}

function draw(balance: Balance): void {
  for (const column of ["available", "spent", "reserved", "funded"] as const)
    write(column, formatAmount(balance[column]?.amount ?? "0"));
  write("free", formatAmount(balance.available?.amount ?? "0"));
  for (const unit of document.querySelectorAll("[data-currency]"))
    unit.textContent = balance.available?.currencyCode ?? "";
  const parts = { spent: balance.spent, reserved: balance.reserved, free: balance.available };
  for (const [part, money] of Object.entries(parts)) {
    const bar = element("parts").querySelector<HTMLElement>(`.${part}`);
    if (bar !== null) bar.style.flexGrow = String(Math.max(0, asLength(readAmount(money?.amount))));
  }
}

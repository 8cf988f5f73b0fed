import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BalanceChangeSchema, type WatchBalanceResponse } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { Transaction as TransactionMessage } from "#gen/billing/core/v1/transaction_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { LedgerUnit } from "../domain/results.ts";
import type { Transaction } from "../domain/transaction.ts";
import type { BalanceWatch, WatchEvent } from "../domain/watch/balance-watch.ts";
import { toBalanceMessage } from "./to-account.ts";
import { toTransactionMessage } from "./to-transaction.ts";

type Handlers = Pick<ServiceHandlers<typeof BillingCoreService>, "watchBalance">;

/** Balances as they change. */
export function watchHandlers(watch: BalanceWatch): Handlers {
  return {
    async *watchBalance({ accountId, afterSequence }, { signal }) {
      for await (const event of watch.watch(accountId, Number(afterSequence), signal))
        yield { event: toEventMessage(event) };
    },
  };
}

function toEventMessage(event: WatchEvent): WatchBalanceResponse["event"] {
  switch (event.kind) {
    case "snapshot": {
      const { account, balance, grants } = event.snapshot;
      return { case: "snapshot", value: toBalanceMessage(balance, account, grants) };
    }
    case "change":
      return { case: "change", value: changeOf(event.change, event.unit) };
    case "heartbeat":
      return { case: "heartbeat", value: timestampFromMs(event.timeMs) };
  }
}

/** All watchers of an account are given the same transaction: it becomes a message once. */
const messages = new WeakMap<Transaction, TransactionMessage>();

function changeOf(change: Transaction, unit: LedgerUnit) {
  const message = messages.get(change) ?? toTransactionMessage(change, unit);
  messages.set(change, message);
  return create(BalanceChangeSchema, { transaction: message });
}

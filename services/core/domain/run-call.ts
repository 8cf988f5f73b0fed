import type { FunctionCall } from "../store/function-call.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import { FunctionRefusal } from "../store/store-fault.ts";
import { toCoreError } from "./refusal.ts";

/** Runs a function on an account; a refusal becomes the CoreError that the caller gets. */
export async function runCall<T>(store: LedgerStore, accountId: string, call: FunctionCall<T>): Promise<T> {
  try {
    return await store.run(call);
  } catch (error) {
    throw error instanceof FunctionRefusal ? toCoreError(accountId, error) : error;
  }
}

import { FunctionRefusal } from "../store/store-fault.ts";
import { toCoreError } from "./refusal.ts";

/** Gives what a reading of the store gives; its refusals become the CoreError that the caller gets. */
export async function translateRefusals<T>(accountId: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw error instanceof FunctionRefusal ? toCoreError(accountId, error) : error;
  }
}

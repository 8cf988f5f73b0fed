import { accountKeys } from "../../store/keys.ts";
import { readServerTimeMs } from "../../store/testing/test-store.ts";
import type { TestLedger } from "./test-ledger.ts";

/** Moves the end of a grant to now, so that no test has to wait for it; its entry in the journal stays. */
export async function endGrant(test: TestLedger, accountId: string, sequence: number): Promise<void> {
  const keys = accountKeys(accountId);
  const now = String(await readServerTimeMs(test));
  const fields = (await test.command<string>("HGET", keys.grants, String(sequence))).split(",");
  await test.command("HSET", keys.grants, String(sequence), fields.with(2, now).join(","));
  await test.command("ZADD", keys.expiryIndex, now, `g:${sequence}:${accountId}`);
}

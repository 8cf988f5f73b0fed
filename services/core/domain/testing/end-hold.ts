import assert from "node:assert/strict";
import { accountKeys } from "../../store/keys.ts";
import { readServerTimeMs } from "../../store/testing/test-store.ts";
import { decodeReservationId } from "../resource-id.ts";
import type { TestLedger } from "./test-ledger.ts";

/**
 * Moves the end of an open hold to now, so that it may have a long time for what comes before its end; its entry in the
 * journal stays.
 */
export async function endHold(test: TestLedger, reservationId: string): Promise<void> {
  const { accountId, sequence, day } = decodeReservationId(reservationId)!;
  const { openHolds, expiryIndex } = accountKeys(accountId);
  const now = String(await readServerTimeMs(test));
  const record = await test.command<string>("HGET", openHolds, `${sequence}.${day}`);
  const ended = record.replace(/,\d+,(?=[RC],)/, `,${now},`);
  assert.notEqual(ended, record);
  await test.command("HSET", openHolds, `${sequence}.${day}`, ended);
  await test.command("ZADD", expiryIndex, now, `h:${sequence}:${day}:${accountId}`);
}

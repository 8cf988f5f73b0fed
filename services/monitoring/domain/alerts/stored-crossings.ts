import type { Redis } from "#platform/redis/redis.ts";
import { readCrossings, removeCrossings, type StoredCrossing } from "../../store/crossing-stream.ts";
import type { AccountCrossing } from "../account-alerts/account-crossing.ts";
import type { CrossingSource, WaitingCrossing } from "./crossing-intake.ts";

/** The crossings that the intake of the ledger's events wrote down. */
export function createStoredCrossings(redis: Redis): CrossingSource {
  const places = new WeakMap<WaitingCrossing, StoredCrossing>();
  return {
    async read() {
      return (await readCrossings(redis)).map((stored) => {
        const waiting = { crossing: JSON.parse(stored.data) as AccountCrossing };
        places.set(waiting, stored);
        return waiting;
      });
    },
    async remove(taken) {
      await removeCrossings(
        redis,
        taken.flatMap((waiting) => places.get(waiting) ?? []),
      );
    },
  };
}

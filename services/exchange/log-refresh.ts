import type { Logger } from "#platform/observe/log.ts";
import type { RefreshResult } from "./domain/providers/rate-refresher.ts";

/** Says in the log what a refresh brought. A failure is said by whoever asked; what waits for review is a warning. */
export function logRefresh(log: Logger, result: RefreshResult): void {
  const { providerId, outcome, acceptedCount, heldCount, refusedCount } = result;
  const facts = { provider: providerId, accepted: acceptedCount, held: heldCount, refused: refusedCount };
  if (heldCount > 0) log.warn(facts, `${heldCount} rates of ${providerId} wait for review`);
  else if (outcome === "updated") log.info(facts, `${providerId} has new rates`);
}

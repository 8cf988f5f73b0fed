import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { Stats } from "../domain/stats.ts";
import { toStatsMessage } from "./stats-message.ts";

/** What the handlers work with. */
export interface StatsParts {
  readonly readStats: () => Promise<Stats>;
}

export function statsHandlers({ readStats }: StatsParts) {
  return {
    getStats: async () => ({ stats: toStatsMessage(await readStats()) }),
  } satisfies ServiceHandlers<typeof AdminService>;
}

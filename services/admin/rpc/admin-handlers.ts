import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { type AccountParts, accountHandlers } from "./account-handlers.ts";
import { type AdjustmentParts, adjustmentHandlers } from "./adjustment-handlers.ts";
import { type AdminKeyParts, adminKeyHandlers } from "./admin-key-handlers.ts";
import { type AuditParts, auditHandlers } from "./audit-handlers.ts";
import { type StatsParts, statsHandlers } from "./stats-handlers.ts";
import { type TokenParts, tokenHandlers } from "./token-handlers.ts";

/** What the handlers work with. */
export interface AdminParts
  extends StatsParts,
    AccountParts,
    AdjustmentParts,
    AdminKeyParts,
    TokenParts,
    AuditParts {}

/** The methods of AdminService that this server offers; the doors for RPC and for HTTP JSON share them. */
export function adminHandlers(parts: AdminParts) {
  return {
    ...statsHandlers(parts),
    ...accountHandlers(parts),
    ...adjustmentHandlers(parts),
    ...adminKeyHandlers(parts),
    ...tokenHandlers(parts),
    ...auditHandlers(parts),
  } satisfies ServiceHandlers<typeof AdminService>;
}

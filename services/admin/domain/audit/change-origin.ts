import type { Actor } from "../access/actor.ts";
import type { AuditAttempt } from "./audit-entry.ts";

/** Where a change comes from, for the audit log. */
export interface ChangeOrigin {
  readonly actor: Actor;
  /** The method, for example `billing.admin.v1.AdminService/CreateAdminKey`. */
  readonly action: string;
  readonly requestId: string;
  /** The caller's; empty if it is not known. */
  readonly address: string;
}

/** What the change concerns; what is left out is empty. */
export type ChangeTarget = Pick<AuditAttempt, "targetType" | "reason"> &
  Partial<Pick<AuditAttempt, "targetId" | "accountId" | "before">>;

/** What is known of a change before it is made. */
export function attemptOf(origin: ChangeOrigin, target: ChangeTarget): AuditAttempt {
  return { targetId: "", accountId: "", ...origin, ...target };
}

import { type Credentials, type Gate, ScopeMissing } from "#platform/access/gate.ts";
import type { MethodRule } from "#platform/access/method-rule.ts";
import { actorOf } from "../domain/access/actor.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import type { AuditLog } from "../domain/audit/audit-log.ts";
import { RoleInsufficient } from "./admin-gate.ts";
import { isChange } from "./change-description.ts";

/** What it works with. */
export interface RefusalAuditParts {
  readonly auditLog: Pick<AuditLog, "append">;
  readonly keyVerifier: AdminKeyVerifier;
  readonly onError: (error: unknown) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Entries of one process in one window: whoever is refused again and again must not fill the log. */
const mostInWindow = 100;
const windowMs = 60_000;

/**
 * The same gate with refusals of changes audited, where the caller lacks the role or scope. Callers that nobody
 * knows are not entered: anybody could fill the log.
 */
export function auditRefusals(parts: RefusalAuditParts): (gate: Gate) => Gate {
  const enter = createRefusalAudit(parts);
  return (gate) => async (rule, credentials) => {
    try {
      return await gate(rule, credentials);
    } catch (error) {
      if (error instanceof ScopeMissing || error instanceof RoleInsufficient)
        await enter(rule, error, credentials);
      throw error;
    }
  };
}

/** Enters that somebody known was not let in; never throws. */
function createRefusalAudit({ auditLog, keyVerifier, onError, now }: RefusalAuditParts) {
  let windowStartMs = 0;
  let inWindow = 0;
  return async (rule: MethodRule, refusal: ScopeMissing | RoleInsufficient, credentials: Credentials) => {
    if (!isChange(rule.method)) return;
    if (now() - windowStartMs >= windowMs) [windowStartMs, inWindow] = [now(), 0];
    inWindow += 1;
    if (inWindow > mostInWindow) return;
    const { caller, reason } = refusal;
    const { requestId, address } = credentials;
    try {
      const actor = await actorOf(caller, keyVerifier);
      const target = { targetType: "", targetId: "", accountId: caller.account ?? "", reason: "" };
      await auditLog.append(
        { actor, action: rule.path, requestId, address, ...target },
        { result: "refused", errorReason: reason },
      );
    } catch (error) {
      onError(error);
    }
  };
}

import type { Caller } from "#platform/access/caller.ts";
import type { Gate } from "#platform/access/gate.ts";
import type { MethodRule } from "#platform/access/method-rule.ts";
import { callerOf } from "../domain/access/actor.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import { leastRoleWith, type Role } from "../domain/access/roles.ts";
import { AdminError } from "../domain/admin-error.ts";

/** Longer than any key; a digest of more is not made. */
const longestKey = 1_024;

/**
 * Identity and scope of a call to Admin through either door: an admin key in X-Admin-Key, or a bearer token. A
 * key that is sent decides, whatever else is.
 */
export function createAdminGate(keys: AdminKeyVerifier): (bearerGate: Gate) => Gate {
  return (bearerGate) => async (rule, credentials) => {
    const secret = credentials.header("x-admin-key") ?? undefined;
    const token = credentials.header("authorization") ?? undefined;
    if (rule.scope === "" || (secret === undefined && token !== undefined))
      return bearerGate(rule, credentials);
    if (secret === undefined)
      throw new AdminError("ADMIN_KEY_MISSING", "an admin key in X-Admin-Key or a bearer token is needed");
    if (secret.length > longestKey) throw new AdminError("ADMIN_KEY_INVALID", "the admin key is too long");
    const holder = await keys.verify(secret, credentials.address);
    return permitRole(rule, callerOf(holder), holder.role);
  };
}

/** The refusal of somebody known whose role does not allow this. */
export class RoleInsufficient extends AdminError {
  readonly caller: Caller;

  constructor(scope: string, caller: Caller, role: Role) {
    const required = leastRoleWith(scope);
    super("ROLE_INSUFFICIENT", `the role ${role} does not have the scope ${scope}`, {
      metadata: { role, ...(required === undefined ? {} : { required_role: required }) },
    });
    this.caller = caller;
  }
}

/** @throws RoleInsufficient unless a caller with this role has the method's scope. */
export function permitRole(rule: MethodRule, caller: Caller, role: Role): Caller {
  if (caller.scopes.has(rule.scope)) return caller;
  throw new RoleInsufficient(rule.scope, caller, role);
}

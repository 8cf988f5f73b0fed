import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "#platform/access/caller.ts";
import type { Gate } from "#platform/access/gate.ts";
import type { MethodRule } from "#platform/access/method-rule.ts";
import { AdminError } from "../domain/admin-error.ts";
import type { AdminKeyVerifier } from "../domain/admin-key.ts";

const adminKeyScheme = "AdminKey ";

/**
 * Identity and scope of a call over HTTP JSON: an admin key or a bearer token. It takes what `credentialOf`
 * gives.
 */
export function createHttpGate(bearerGate: Gate, verifyKey: AdminKeyVerifier): Gate {
  return async (rule, credential) => {
    if (!credential)
      throw new AdminError("ADMIN_KEY_MISSING", "an admin key in X-Admin-Key or a bearer token is needed");
    if (!credential.startsWith(adminKeyScheme)) return bearerGate(rule, credential);
    return permit(rule, verifyKey(credential.slice(adminKeyScheme.length)));
  };
}

/** The credential of a request in one text: a key that is sent decides, whatever else is. */
export function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers["x-admin-key"];
  return key === undefined ? headers.authorization : `${adminKeyScheme}${String(key)}`;
}

function permit(rule: MethodRule, caller: Caller): Caller {
  if (!caller.scopes.has(rule.scope)) {
    throw new AdminError("ROLE_INSUFFICIENT", `the key's role does not have the scope ${rule.scope}`, {
      metadata: { scope: rule.scope },
    });
  }
  return caller;
}

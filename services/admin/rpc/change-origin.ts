import type { Call } from "#platform/rpc/call.ts";
import { actorOf } from "../domain/access/actor.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import type { ChangeOrigin } from "../domain/audit/change-origin.ts";

/** Where a call comes from, for the audit log, and what its caller may do. */
export async function originOf(
  call: Pick<Call, "caller" | "rule" | "requestId" | "address">,
  keys: Pick<AdminKeyVerifier, "holderOf">,
): Promise<ChangeOrigin & { readonly scopes: ReadonlySet<string> }> {
  const { caller, rule, requestId, address } = call;
  return {
    actor: await actorOf(caller, keys),
    action: rule.path,
    requestId,
    address,
    scopes: caller.scopes,
  };
}

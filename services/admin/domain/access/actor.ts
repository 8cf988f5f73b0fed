import type { Caller } from "#platform/access/caller.ts";
import type { KeyHolder } from "./admin-key.ts";
import type { AdminKeyVerifier } from "./admin-key-verifier.ts";
import { scopesOf } from "./roles.ts";

export const actorTypes = ["admin_key", "token", "service", "stripe", "system"] as const;

/** Who did something. */
export interface Actor {
  readonly type: (typeof actorTypes)[number];
  /** Subject of the token, or the name of the admin key. */
  readonly subject: string;
  /** Id of the admin key, also when a session began with it; empty for others. */
  readonly keyId: string;
  /** Id (jti) of the token; empty if there was none. */
  readonly tokenId: string;
}

/** Admin itself, on a schedule. */
export const systemActor: Actor = { type: "system", subject: "service:admin", keyId: "", tokenId: "" };
/** Stripe, by a signed event. */
export const stripeActor: Actor = { type: "stripe", subject: "stripe", keyId: "", tokenId: "" };

const keyPrefix = "key:";
const servicePrefix = "service:";

/** Subjects that only this system gives: tokens issued to others may not have them. */
export const reservedSubjectPrefixes = [keyPrefix, servicePrefix] as const;

/** A key's holder as a caller, with all that the role may do. */
export function callerOf({ keyId, role }: KeyHolder): Caller {
  return {
    subject: subjectOfKey(keyId),
    scopes: scopesOf[role],
    account: undefined,
    tokenId: undefined,
  };
}

/** Subject of the key's holder, also in the tokens of sessions that began with it. */
export function subjectOfKey(keyId: string): string {
  return `${keyPrefix}${keyId}`;
}

/** The id of the key that a caller or their session began with; undefined for others. */
export function keyIdOf({ subject }: Pick<Caller, "subject">): string | undefined {
  return subject.startsWith(keyPrefix) ? subject.slice(keyPrefix.length) : undefined;
}

/** Who a caller is, for the audit log. */
export async function actorOf(
  caller: Pick<Caller, "subject" | "tokenId">,
  keys: Pick<AdminKeyVerifier, "holderOf">,
): Promise<Actor> {
  const { subject, tokenId = "" } = caller;
  const keyId = keyIdOf(caller);
  if (keyId !== undefined) {
    // A key that was revoked a moment ago still did what it did.
    const name = await keys.holderOf(keyId).then(
      (holder) => holder.name,
      () => subject,
    );
    return { type: "admin_key", subject: name, keyId, tokenId };
  }
  return { type: subject.startsWith(servicePrefix) ? "service" : "token", subject, keyId: "", tokenId };
}

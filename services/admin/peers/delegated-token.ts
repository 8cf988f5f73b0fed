import type { Caller } from "#platform/access/caller.ts";
import { signToken } from "#platform/access/token.ts";
import { createTokenMemory } from "#platform/access/token-memory.ts";
import type { CallOrigin } from "#platform/client/service-client.ts";

/** How long a token works; it never leaves the system. */
const ttlSeconds = 120;
/** How long it is used again: the rest of its life is for the call that carries it. */
const usedMs = 60_000;
/** Callers whose tokens are kept. */
const keptTokens = 2_000;

/**
 * Tokens for calls to other services on behalf of somebody: short, with their subject, their scopes and their account
 * and nothing more.
 */
export function createDelegatedTokens(
  secret: Uint8Array,
): (origin: CallOrigin | undefined) => Promise<string> {
  const kept = createTokenMemory<{ readonly token: Promise<string>; readonly expiresAtMs: number }>(
    keptTokens,
  );
  return (origin) => {
    const caller = origin?.caller;
    if (caller === undefined) throw new Error("a call on behalf of somebody does not say of whom");
    const nowMs = Date.now();
    const key = describe(caller);
    const known = kept.get(key, nowMs);
    if (known !== undefined) return known.token;
    const { subject, scopes, account } = caller;
    const token = signToken(secret, {
      subject,
      scopes: [...scopes],
      ...(account === undefined ? {} : { account }),
      ttlSeconds,
    }).then((signed) => signed.token);
    kept.set(key, { token, expiresAtMs: nowMs + usedMs });
    return token;
  };
}

/** All that makes two callers differ in what they may do. */
function describe({ subject, scopes, account }: Caller): string {
  return JSON.stringify([subject, account ?? null, [...scopes].sort()]);
}

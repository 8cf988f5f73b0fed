import type { Redis } from "#platform/redis/redis.ts";
import { createKeyId, createSecret, digestOf } from "../domain/access/key-secret.ts";
import type { Role } from "../domain/access/roles.ts";
import { AdminKeyStore } from "../store/admin-key-store.ts";

/** Stores an admin key as it could not be made by a call, for example expired already; gives its secret. */
export async function addKey(
  redis: Redis,
  role: Role,
  change: { expiresAtMs?: number; revokedAtMs?: number },
): Promise<string> {
  const keyId = createKeyId();
  const secret = createSecret(keyId);
  const nowMs = Date.now();
  const record = {
    name: role,
    role,
    digest: digestOf(secret),
    lastCharacters: secret.slice(-4),
    createdAtMs: nowMs,
    createdByKeyId: "configured",
    expiresAtMs: nowMs + 3_600_000,
    ...change,
  };
  await new AdminKeyStore(redis).put(keyId, record, 0);
  return secret;
}

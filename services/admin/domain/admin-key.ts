import { createHash, timingSafeEqual } from "node:crypto";
import type { Caller } from "#platform/access/caller.ts";
import { AdminError } from "./admin-error.ts";

/** Says who an admin key belongs to; throws ADMIN_KEY_INVALID for an unknown one. */
export type AdminKeyVerifier = (key: string) => Caller;

/** What the role admin may do. */
const adminScopes: ReadonlySet<string> = new Set([
  "admin.read",
  "admin.support",
  "admin.finance",
  "admin.manage",
]);

/** The key of the configuration: role admin, no end. */
export function createAdminKeyVerifier(configuredKey: string): AdminKeyVerifier {
  const expected = digest(configuredKey);
  const caller: Caller = {
    subject: "key:configured",
    scopes: adminScopes,
    account: undefined,
    tokenId: undefined,
  };
  return (key) => {
    // Digests are of one length, which a comparison in constant time needs.
    if (!timingSafeEqual(digest(key), expected))
      throw new AdminError("ADMIN_KEY_INVALID", "the admin key is unknown");
    return caller;
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

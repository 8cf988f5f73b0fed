import { durationMs } from "@bufbuild/protobuf/wkt";
import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { pageOf } from "#platform/paging/page.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { AdminKey } from "../domain/access/admin-key.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import type { AdminKeys } from "../domain/access/admin-keys.ts";
import { hasState, toAdminKeyMessage, toRole } from "./admin-key-message.ts";
import { originOf } from "./change-origin.ts";

/** What the handlers work with. */
export interface AdminKeyParts {
  readonly adminKeys: AdminKeys;
  readonly keyVerifier: AdminKeyVerifier;
  readonly pageTokens: PageTokens;
}

const dayMs = 24 * 60 * 60_000;
const defaultTtlMs = 90 * dayMs;

export function adminKeyHandlers({ adminKeys, keyVerifier, pageTokens }: AdminKeyParts) {
  return {
    createAdminKey: async ({ name, role, ttl, reason }, call) => {
      const asked = { name, role: toRole(role), ttlMs: ttl ? durationMs(ttl) : defaultTtlMs, reason };
      const { key, secret } = await adminKeys.create(asked, await originOf(call, keyVerifier));
      return { adminKey: toAdminKeyMessage(key), secret };
    },
    listAdminKeys: async ({ state, pageSize, pageToken }) => {
      const keys = (await adminKeys.list()).filter((key) => hasState(key, state));
      const page = pageOf(pageTokens, keys, positionOf, { pageSize, pageToken }, ["admin-keys", state]);
      return { adminKeys: page.items.map(toAdminKeyMessage), nextPageToken: page.nextPageToken };
    },
    rotateAdminKey: async ({ keyId, expectedVersion, overlap, ttl, reason }, call) => {
      const asked = {
        keyId,
        expectedVersion: Number(expectedVersion),
        overlapMs: overlap ? durationMs(overlap) : 0,
        ttlMs: ttl ? durationMs(ttl) : defaultTtlMs,
        reason,
      };
      const { key, secret } = await adminKeys.rotate(asked, await originOf(call, keyVerifier));
      return { adminKey: toAdminKeyMessage(key), secret };
    },
    revokeAdminKey: async ({ keyId, expectedVersion, reason }, call) => {
      const asked = { keyId, expectedVersion: Number(expectedVersion), reason };
      const key = await adminKeys.revoke(asked, await originOf(call, keyVerifier));
      return { adminKey: toAdminKeyMessage(key) };
    },
  } satisfies ServiceHandlers<typeof AdminService>;
}

const latestMs = Number.MAX_SAFE_INTEGER;

/** A text that grows along the list: the configured key, then the newest first. */
function positionOf({ configured, createdAtMs = 0, keyId }: AdminKey): string {
  return configured ? "0" : `1 ${String(latestMs - createdAtMs).padStart(16, "0")} ${keyId}`;
}

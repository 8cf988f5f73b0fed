import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import type { Tokens } from "../domain/access/tokens.ts";
import { originOf } from "./change-origin.ts";

/** What the handlers work with. */
export interface TokenParts {
  readonly tokens: Tokens;
  readonly keyVerifier: AdminKeyVerifier;
}

const defaultTtlSeconds = 60 * 60;

export function tokenHandlers({ tokens, keyVerifier }: TokenParts) {
  return {
    issueToken: async ({ subject, scopes, accountId, ttl, reason, asLink }, call) => {
      const ttlSeconds = ttl ? Number(ttl.seconds) : defaultTtlSeconds;
      const asked = { subject, scopes, accountId, ttlSeconds, reason, asLink };
      const { token, tokenId, expiresAtMs, link } = await tokens.issue(
        asked,
        await originOf(call, keyVerifier),
      );
      return {
        token,
        tokenId,
        expiresAt: timestampFromMs(expiresAtMs),
        linkUrl: link?.url ?? "",
        ...optional("linkExpiresAt", link?.expiresAtMs, timestampFromMs),
      };
    },
    revokeToken: async ({ target, reason }, call) => {
      const { value = "" } = target;
      const named = target.case === "token" ? { token: value } : { tokenId: value };
      const revoked = await tokens.revoke(named, reason, await originOf(call, keyVerifier));
      return {
        tokenId: revoked.tokenId,
        alreadyRevoked: revoked.revokedBefore,
        revokedUntil: timestampFromMs(revoked.untilMs),
      };
    },
  } satisfies ServiceHandlers<typeof AdminService>;
}

import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { createDenyList } from "#platform/access/deny-list.ts";
import type { Gate } from "#platform/access/gate.ts";
import { createTokenVerifier } from "#platform/access/token-verifier.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import type { Logger } from "#platform/observe/log.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { signingSecret, tokenVerifierOptions } from "#platform/service/access-settings.ts";
import { type AdminSettings, auditSecrets, publicUrl } from "./config.ts";
import { createAdminKeyVerifier } from "./domain/access/admin-key-verifier.ts";
import { AdminKeys } from "./domain/access/admin-keys.ts";
import { Sessions } from "./domain/access/sessions.ts";
import { Tokens } from "./domain/access/tokens.ts";
import { parseApprovalLimits } from "./domain/adjustments/approval-limits.ts";
import { createAuditKeys } from "./domain/audit/audit-keys.ts";
import { createAuditLog } from "./domain/audit/audit-log.ts";
import { logAuditEntry } from "./log-audit-entry.ts";
import { createAccountLister } from "./peers/core-account-list.ts";
import { createAdjustmentLedger } from "./peers/core-adjustments.ts";
import { createAdminGate } from "./rpc/admin-gate.ts";
import { auditRefusals } from "./rpc/refusal-audit.ts";
import { AdjustmentStore } from "./store/adjustment-store.ts";
import { AdminKeyStore } from "./store/admin-key-store.ts";
import { AuditStore } from "./store/audit-store.ts";
import { SessionLinkStore } from "./store/session-link-store.ts";
import { SessionStore } from "./store/session-store.ts";

/** What the operators' own affairs are made of. */
export interface OperationsWiring {
  readonly settings: AdminSettings;
  readonly redis: Redis;
  readonly log: Logger;
  readonly core: ServiceClient<typeof BillingCoreService>;
}

/** Search, adjustments, keys, tokens and the audit log, tied together. */
export async function wireOperations({ settings, redis, log, core }: OperationsWiring) {
  const now = Date.now;
  const secret = signingSecret(settings);
  const keyStore = new AdminKeyStore(redis);
  const auditStore = new AuditStore(redis);
  const auditKeys = createAuditKeys(auditSecrets(settings));
  const auditLog = createAuditLog({
    store: auditStore,
    keys: auditKeys,
    onEntry: (notice) => logAuditEntry(log, notice),
  });
  const verify = await createTokenVerifier(tokenVerifierOptions(settings));
  const denyList = createDenyList(redis);
  const keyVerifier = createAdminKeyVerifier({
    configuredKey: settings.ADMIN_KEY,
    store: keyStore,
    onError: (error) => log.warn({ err: error }, "noting the use of an admin key failed"),
  });
  const tokens = new Tokens({
    signingSecret: secret,
    verify,
    denyList,
    links: new SessionLinkStore(redis),
    auditLog,
    requireAccount: async (accountId) => {
      await core.getAccount({ accountId });
    },
    publicUrl: publicUrl(settings),
    now,
  });
  const refusalsAudited = auditRefusals({
    auditLog,
    keyVerifier,
    onError: (error) => log.warn({ err: error }, "entering a refusal in the audit log failed"),
    now,
  });
  return {
    listAccounts: createAccountLister(core),
    adjustments: {
      store: new AdjustmentStore(redis),
      ledger: createAdjustmentLedger(core),
      limits: parseApprovalLimits(settings.ADMIN_ADJUSTMENT_LIMITS),
      auditLog,
      now,
    },
    auditStore,
    auditKeys,
    auditLog,
    pageTokens: createPageTokens(secret),
    keyVerifier,
    refusalsAudited,
    extendGate: (bearerGate: Gate) => refusalsAudited(createAdminGate(keyVerifier)(bearerGate)),
    adminKeys: new AdminKeys({
      store: keyStore,
      auditLog,
      configuredLastCharacters: settings.ADMIN_KEY.slice(-4),
      now,
    }),
    tokens,
    sessions: new Sessions({
      store: new SessionStore(redis),
      keys: keyVerifier,
      tokens,
      denyList,
      now,
    }),
  };
}

import type { Logger } from "#platform/observe/log.ts";
import type { AuditNotice } from "./domain/audit/audit-log.ts";

/**
 * Tells the log of the process of each new entry: its HMAC is the head of the chain, and whoever rewrites the
 * chain cannot rewrite logs that have left the machine.
 */
export function logAuditEntry(log: Logger, { sequence, hmac, ...facts }: AuditNotice): void {
  log.info({ audit_sequence: sequence, audit_hmac: hmac, ...facts }, `audited ${facts.action}`);
}

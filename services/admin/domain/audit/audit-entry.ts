import type { Actor } from "../access/actor.ts";

export const auditResults = ["succeeded", "refused", "failed", "unknown"] as const;
/** How an audited action ended. */
export type AuditResult = (typeof auditResults)[number];

/** What is known of an action before it is done. */
export interface AuditAttempt {
  readonly actor: Actor;
  /** The method, for example `billing.admin.v1.AdminService/AdjustBalance`, or a name such as `session.begin`. */
  readonly action: string;
  /** Kind of the target, for example `account`. */
  readonly targetType: string;
  /** Empty if there is none, or none yet. */
  readonly targetId: string;
  /** The account concerned; empty if there is none. */
  readonly accountId: string;
  /** The target before, a JSON value without secrets; undefined if there was none. */
  readonly before?: unknown;
  /** Why, as the operator stated. */
  readonly reason: string;
  readonly requestId: string;
  /** The caller's; empty for services. */
  readonly address: string;
}

/** How it ended. */
export interface AuditOutcome {
  readonly result: AuditResult;
  /** The reason of a refusal or failure; empty for others. */
  readonly errorReason: string;
  /** The target before, where that was known only afterwards. */
  readonly before?: unknown;
  /** The target after, a JSON value without secrets; undefined if there is none. */
  readonly after?: unknown;
  /** The target, where it came to be by the action. */
  readonly targetId?: string;
  readonly accountId?: string;
}

/** One entry of the audit log, without what seals it. */
export interface AuditFacts {
  readonly atMs: number;
  readonly actor: Actor;
  readonly action: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly accountId: string;
  readonly reason: string;
  readonly requestId: string;
  readonly address: string;
  readonly result: AuditResult;
  readonly errorReason: string;
}

/** One entry of the audit log. */
export interface AuditEntry extends AuditFacts {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** Canonical JSON; empty without one. */
  readonly beforeJson: string;
  readonly afterJson: string;
  /** SHA-256 as first written, hexadecimal; empty without one. */
  readonly beforeSha256: string;
  readonly afterSha256: string;
  /** The entry that tells of the erasure of personal data; undefined if none were erased. */
  readonly erasedBy: number | undefined;
  readonly hmacKeyId: string;
  readonly previousHmac: string;
  readonly hmac: string;
}

/** Bounds of an entry's texts in characters, and of its JSON in bytes; longer ones are cut and say so. */
export const auditLimits = {
  text: { subject: 128, action: 128, targetType: 64, targetId: 255, reason: 500, address: 64 },
  jsonBytes: 16_384,
} as const;

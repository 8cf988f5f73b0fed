import { randomBytes } from "node:crypto";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { AuditHead, StoredAuditEntry } from "../../store/audit-store.ts";
import { actorTypes } from "../access/actor.ts";
import { type AuditContent, decodeContent, sha256Of } from "./audit-content.ts";
import { type AuditEntry, type AuditFacts, auditResults } from "./audit-entry.ts";
import type { AuditKey } from "./audit-keys.ts";

const text = Type.String();

/** What the HMAC of an entry covers. */
const sealedFacts = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  atMs: Type.Integer({ minimum: 0 }),
  actor: Type.Object({ type: Type.Enum([...actorTypes]), subject: text, keyId: text, tokenId: text }),
  action: text,
  targetType: text,
  targetId: text,
  accountId: text,
  reason: text,
  requestId: text,
  address: text,
  result: Type.Enum([...auditResults]),
  errorReason: text,
  beforeSha256: text,
  afterSha256: text,
  hmacKeyId: text,
  previousHmac: text,
  /** Tells two entries apart that say the same, so that a repeated append is known as such. */
  nonce: text,
});
type SealedFacts = Static<typeof sealedFacts>;
const validator = Compile(sealedFacts);

const hmacDigits = 64;

/** An entry that was read, with what a verifier needs. */
export interface OpenedEntry {
  readonly entry: AuditEntry;
  /** What the HMAC covers. */
  readonly covered: string;
}

/** Chains an entry to the head and seals it. */
export function sealEntry(
  key: AuditKey,
  head: AuditHead,
  facts: AuditFacts,
  content: AuditContent,
): { readonly sealed: string; readonly next: AuditHead } {
  const sequence = head.sequence + 1;
  // Clocks of instances differ; in the log time never goes back.
  const atMs = Math.max(facts.atMs, head.atMs);
  const covered: SealedFacts = {
    sequence,
    ...facts,
    atMs,
    beforeSha256: sha256Of(content.before),
    afterSha256: sha256Of(content.after),
    hmacKeyId: key.id,
    previousHmac: head.hmac,
    nonce: randomBytes(8).toString("hex"),
  };
  const json = JSON.stringify(covered);
  const hmac = key.sign(json);
  return { sealed: `${hmac} ${json}`, next: { sequence, hmac, atMs } };
}

/** Reads an entry as it is kept; undefined if its text has another form. */
export function openEntry({ sealed, content }: StoredAuditEntry): OpenedEntry | undefined {
  if (sealed === undefined) return undefined;
  const covered = sealed.slice(hmacDigits + 1);
  try {
    const facts: unknown = JSON.parse(covered);
    if (!validator.Check(facts)) return undefined;
    const { nonce: _, ...known } = facts as SealedFacts;
    const { before, after, erasedBy } = decodeContent(content);
    return {
      covered,
      entry: {
        ...known,
        beforeJson: before,
        afterJson: after,
        erasedBy,
        hmac: sealed.slice(0, hmacDigits),
      },
    };
  } catch {
    return undefined;
  }
}

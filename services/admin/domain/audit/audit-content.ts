import { createHash, randomBytes } from "node:crypto";
import { auditLimits } from "./audit-entry.ts";

/** The target before and after, as it is kept beside a sealed entry. */
export interface AuditContent {
  /** Canonical JSON; empty without one. */
  readonly before: string;
  readonly after: string;
  /** The entry that tells of the erasure; undefined if nothing was erased. */
  readonly erasedBy?: number;
}

/** Members that may hold personal data, wherever they stand. */
const personalMembers: ReadonlySet<string> = new Set(["labels", "set_labels"]);
/** Keeps others from finding erased values by trying digests. */
const saltMember = "salt";
const erasedText = "[erased]";
/** Members that hold secrets, in whatever service's messages; a log shows none. */
const secretMember = /secret|password|authorization|api_key|^headers$/i;
const hiddenText = "[hidden]";

/**
 * A value as canonical JSON: members sorted, nothing undefined, no secrets. One that holds personal data gets a random
 * `salt`, since its digest stays in the chain when they are erased.
 */
export function toCanonicalJson(value: unknown): string {
  if (value === undefined) return "";
  const salted =
    isObject(value) && holdsPersonalData(value)
      ? { ...value, [saltMember]: randomBytes(16).toString("base64url") }
      : value;
  const json = JSON.stringify(sorted(salted));
  const bytes = Buffer.byteLength(json);
  return bytes <= auditLimits.jsonBytes
    ? json
    : JSON.stringify({ bytes, sha256: sha256Of(json), too_large: true });
}

/** SHA-256, hexadecimal; empty for an empty text. */
export function sha256Of(json: string): string {
  return json === "" ? "" : createHash("sha256").update(json).digest("hex");
}

export function encodeContent({ before, after, erasedBy }: AuditContent): string {
  return before === "" && after === "" ? "" : JSON.stringify({ before, after, erasedBy });
}

/** @throws SyntaxError or TypeError if it is not the text of a content. */
export function decodeContent(text: string | undefined): AuditContent {
  if (text === undefined) return { before: "", after: "" };
  const { before, after, erasedBy } = JSON.parse(text);
  if (typeof before !== "string" || typeof after !== "string")
    throw new TypeError("the content of an audit entry has another form");
  return { before, after, ...(typeof erasedBy === "number" ? { erasedBy } : {}) };
}

/** The content without personal data; undefined if it has none. */
export function erasePersonalData(content: AuditContent): AuditContent | undefined {
  const [before, after] = [content.before, content.after].map((json) => {
    const value: unknown = json === "" ? undefined : JSON.parse(json);
    return isObject(value) && holdsPersonalData(value) ? JSON.stringify(erased(value)) : json;
  });
  if (before === content.before && after === content.after) return undefined;
  return { before: before ?? "", after: after ?? "" };
}

/** Digest of what an erasure left, by which the entry that tells of it vouches for it. */
export function digestOfContent({ before, after }: AuditContent): string {
  return sha256Of(JSON.stringify([before, after]));
}

function holdsPersonalData(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsPersonalData);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([name, member]) =>
    personalMembers.has(name)
      ? isObject(member) && Object.values(member).some((text) => text !== erasedText)
      : holdsPersonalData(member),
  );
}

function erased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(erased);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([name]) => name !== saltMember);
  return Object.fromEntries(
    members.map(([name, member]) => [
      name,
      personalMembers.has(name) && isObject(member)
        ? Object.fromEntries(Object.keys(member).map((label) => [label, erasedText]))
        : erased(member),
    ]),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value === "bigint") return String(value);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, member]) => [name, isSecret(name, member) ? hiddenText : sorted(member)]),
  );
}

/** Whether there is one is no secret. */
function isSecret(name: string, member: unknown): boolean {
  return secretMember.test(name) && typeof member !== "boolean";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

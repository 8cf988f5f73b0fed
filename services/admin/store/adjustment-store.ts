import { createHash } from "node:crypto";
import { type Static, Type } from "typebox";
import { recordCodec } from "#platform/documents/record-codec.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";
import { adminTag } from "./admin-tag.ts";

const text = Type.String();
const timeMs = Type.Integer({ minimum: 0 });
const actor = Type.Object({
  type: Type.Enum(["admin_key", "token", "service", "stripe", "system"]),
  subject: text,
  keyId: text,
  tokenId: text,
});
/** Who asked for something, and by which call. */
const origin = Type.Object({ actor, action: text, requestId: text, address: text });

const adjustmentRecord = Type.Object({
  adjustmentId: text,
  accountId: text,
  currencyCode: text,
  /** Signed decimal. */
  amount: text,
  reason: text,
  allowNegative: Type.Boolean(),
  /** Whether a second key has, or had, to approve it. */
  approvalRequired: Type.Boolean(),
  state: Type.Enum(["pending_approval", "applying", "applied", "rejected", "expired", "failed"]),
  /** Digest of the request, by which a repeat is told from another that uses its key. */
  fingerprint: text,
  requestedAtMs: timeMs,
  requested: origin,
  expiresAtMs: Type.Optional(timeMs),
  decision: Type.Optional(
    Type.Object({
      approved: Type.Boolean(),
      key: text,
      fingerprint: text,
      note: text,
      atMs: timeMs,
      origin,
    }),
  ),
  /** When Billing Core was asked first. */
  applyingSinceMs: Type.Optional(timeMs),
  transactionId: text,
  availableBefore: Type.Optional(text),
  availableAfter: Type.Optional(text),
  /** Its newest entry in the audit log that is known here. */
  auditSequence: Type.Integer({ minimum: 0 }),
  /** Whether its last step still has to be entered there. */
  auditOwed: Type.Boolean(),
  error: text,
});
/** An adjustment as it is kept. */
export type AdjustmentRecord = Static<typeof adjustmentRecord>;

/** A version of it. */
export interface StoredAdjustment {
  readonly version: number;
  readonly record: AdjustmentRecord;
}

/** The key of a decision, which may not be used for another one. */
export interface DecisionKey {
  readonly key: string;
  readonly fingerprint: string;
}

export type PutOutcome = "written" | "conflict" | "key-reused";

const prefix = `{${adminTag}}:adjustment`;
const allKey = `${prefix}s`;
const openKey = `${prefix}s:open`;
const recordKey = (adjustmentId: string) => `${prefix}:${adjustmentId}`;
const codec = recordCodec(adjustmentRecord);
const putScript = createScript("write", readLua(import.meta.url, "./scripts/put-adjustment.lua"));
/** How long the key of a decision is kept. */
const decisionKeptMs = 72 * 60 * 60_000;

/** Adjustments, each a key of its own, and two lists in the order of their times: of all, and of open ones. */
export class AdjustmentStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async get(adjustmentId: string): Promise<StoredAdjustment | undefined> {
    const key = recordKey(adjustmentId);
    return parse(await this.#redis.command<string | null>(key, ["GET", key]));
  }

  /**
   * Writes an adjustment that has this version; 0 creates it.
   *
   * @param open whether something about it is still to be done.
   */
  async put(
    record: AdjustmentRecord,
    expectedVersion: number,
    open: boolean,
    decision?: DecisionKey,
  ): Promise<PutOutcome> {
    const stored = `${expectedVersion + 1} ${codec.encode(record)}`;
    return this.#run(record, expectedVersion, stored, open, decision);
  }

  /** Forgets an adjustment that has this version; false if it has another. */
  async delete(record: AdjustmentRecord, expectedVersion: number): Promise<boolean> {
    return (await this.#run(record, expectedVersion, "", false, undefined)) === "written";
  }

  /** A page, newest first; `after` is {@link entryOf} the last of the page before, empty for the first. */
  async list(limit: number, after: string): Promise<{ records: AdjustmentRecord[]; complete: boolean }> {
    const highest = after === "" ? "+" : `(${after}`;
    const range = ["ZRANGE", allKey, highest, "-", "BYLEX", "REV", "LIMIT", "0", String(limit)];
    const entries = await this.#redis.command<string[]>(allKey, range);
    const records = (await this.#read(entries)).map(({ record }) => record);
    return { records, complete: entries.length < limit };
  }

  /** Open ones, the oldest first. */
  async listOpen(limit: number): Promise<StoredAdjustment[]> {
    const range = ["ZRANGE", openKey, "0", String(limit - 1)];
    return this.#read(await this.#redis.command<string[]>(openKey, range));
  }

  async #read(entries: readonly string[]): Promise<StoredAdjustment[]> {
    if (entries.length === 0) return [];
    const keys = entries.map((entry) => recordKey(entry.slice(entry.indexOf(":") + 1)));
    const texts = await this.#redis.command<Array<string | null>>(keys[0]!, ["MGET", ...keys]);
    return texts.flatMap((each) => parse(each) ?? []);
  }

  async #run(
    record: AdjustmentRecord,
    expectedVersion: number,
    stored: string,
    open: boolean,
    decision: DecisionKey | undefined,
  ): Promise<PutOutcome> {
    const keys = [
      recordKey(record.adjustmentId),
      allKey,
      openKey,
      decisionKey(record.accountId, decision?.key ?? ""),
    ];
    const args = [
      String(expectedVersion),
      stored,
      entryOf(record),
      open ? "1" : "0",
      decision?.fingerprint ?? "",
      String(decisionKeptMs),
    ];
    const reply = await runScript<number>(this.#redis, putScript, keys, args);
    return reply === 1 ? "written" : reply === 0 ? "conflict" : "key-reused";
  }
}

/** Its entry in the lists, which sorts by time. */
export function entryOf({ requestedAtMs, adjustmentId }: AdjustmentRecord): string {
  return `${String(requestedAtMs).padStart(15, "0")}:${adjustmentId}`;
}

function decisionKey(accountId: string, key: string): string {
  const digest = createHash("sha256").update(key).digest("base64url");
  return `${prefix}-decision:${accountId}:${digest}`;
}

function parse(stored: string | null): StoredAdjustment | undefined {
  if (stored === null) return undefined;
  const space = stored.indexOf(" ");
  return { version: Number(stored.slice(0, space)), record: codec.decode(stored.slice(space + 1)) };
}

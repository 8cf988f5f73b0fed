import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";
import { adminTag } from "./admin-tag.ts";

/** The end of the log: what the next entry is chained to. */
export interface AuditHead {
  /** 0 for an empty log. */
  readonly sequence: number;
  /** HMAC of the newest entry, hexadecimal; 64 zeros for an empty log. */
  readonly hmac: string;
  /** When it was written, epoch milliseconds. */
  readonly atMs: number;
}

/** Where the log begins since its older entries were archived. */
export interface AuditCut {
  /** The last entry that was archived; 0 if none was. */
  readonly sequence: number;
  /** Its HMAC, which the first entry that is left names; 64 zeros if none was archived. */
  readonly hmac: string;
  /** The entry that tells of the archive; 0 if there is none. */
  readonly vouchedBy: number;
}

/** An entry as it is kept; undefined texts are missing. */
export interface StoredAuditEntry {
  readonly sequence: number;
  /** HMAC and what it covers: `<64 hexadecimal digits> <JSON>`. */
  readonly sealed: string | undefined;
  /** What it covers by digests only, so that personal data can be erased from it. */
  readonly content: string | undefined;
}

/** An entry to append. */
export interface AuditAppend {
  readonly head: AuditHead;
  readonly next: AuditHead;
  readonly sealed: string;
  /** Empty for none. */
  readonly content: string;
  /** The intent that ends with it; empty for none. */
  readonly intentId: string;
  /** Append only if that intent has not ended. */
  readonly onlyIfOpen: boolean;
}

export type AppendOutcome = "appended" | "closed" | { readonly movedTo: AuditHead };

/** Entries in one hash; more would make single keys of it that are too large to move. */
const chunkEntries = 1_000;
/** Only whole hashes are taken away. */
export const archivedAtOnce = chunkEntries;
const mostIntents = 10_000;
const headKey = `{${adminTag}}:audit:head`;
const cutKey = `{${adminTag}}:audit:cut`;
const intentsKey = `{${adminTag}}:audit:intents`;
const entriesKey = (sequence: number) => `{${adminTag}}:audit:entries:${chunkOf(sequence)}`;
const contentsKey = (sequence: number) => `{${adminTag}}:audit:contents:${chunkOf(sequence)}`;

const lua = (name: string) => readLua(import.meta.url, `./scripts/${name}.lua`);
const appendScript = createScript("write", lua("append-audit"));
const beginScript = createScript("write", lua("begin-audit"));
const replaceScript = createScript("write", lua("replace-audit-content"));

export const emptyHead: AuditHead = { sequence: 0, hmac: "0".repeat(64), atMs: 0 };

/** The audit log in Redis: sealed entries by number, their contents beside them, the head, and open intents. */
export class AuditStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async readHead(): Promise<AuditHead> {
    return parseHead((await this.#redis.command<string | null>(headKey, ["GET", headKey])) ?? "");
  }

  /** @throws Error if entries stand beyond the head: somebody has set it back. */
  async append(entry: AuditAppend): Promise<AppendOutcome> {
    const { sequence } = entry.next;
    const [status, head = ""] = await runScript<[string, string?]>(
      this.#redis,
      appendScript,
      [headKey, entriesKey(sequence), contentsKey(sequence), intentsKey],
      [
        formatHead(entry.head),
        formatHead(entry.next),
        String(sequence),
        entry.sealed,
        entry.content,
        entry.intentId,
        entry.onlyIfOpen ? "1" : "0",
      ],
    );
    if (status === "APPENDED") return "appended";
    if (status === "CLOSED") return "closed";
    if (status === "MOVED") return { movedTo: parseHead(head) };
    throw new Error(`the audit log has an entry ${sequence} beyond its head, which was set back`);
  }

  /** Entries from `first` to `last`, in this order. */
  async read(first: number, last: number): Promise<StoredAuditEntry[]> {
    const found: StoredAuditEntry[] = [];
    for (let from = first; from <= last; ) {
      const to = Math.min(last, lastOfChunk(from));
      const sequences = Array.from({ length: to - from + 1 }, (_, index) => from + index);
      const fields = sequences.map(String);
      const [sealed, contents] = await Promise.all(
        [entriesKey(from), contentsKey(from)].map((key) =>
          this.#redis.command<Array<string | null>>(key, ["HMGET", key, ...fields]),
        ),
      );
      for (const [index, sequence] of sequences.entries()) {
        found.push({
          sequence,
          sealed: sealed?.[index] ?? undefined,
          content: contents?.[index] ?? undefined,
        });
      }
      from = to + 1;
    }
    return found;
  }

  async readCut(): Promise<AuditCut> {
    const text = await this.#redis.command<string | null>(cutKey, ["GET", cutKey]);
    if (text === null) return { sequence: 0, hmac: emptyHead.hmac, vouchedBy: 0 };
    const [, sequence, hmac = "", vouchedBy] = /^(\d{1,15}) ([0-9a-f]{64}) (\d{1,15})$/.exec(text) ?? [];
    if (sequence === undefined) throw new Error("the cut of the audit log has another form");
    return { sequence: Number(sequence), hmac, vouchedBy: Number(vouchedBy) };
  }

  /** Lets the log begin after the cut and takes away what lies before it. Broken off, it is repeated by the next cut. */
  async cut({ sequence, hmac, vouchedBy }: AuditCut): Promise<void> {
    if (sequence % archivedAtOnce !== 0) throw new RangeError(`a cut after ${sequence} would split a hash`);
    await this.#redis.command(cutKey, ["SET", cutKey, `${sequence} ${hmac} ${vouchedBy}`]);
    for (let first = 1; first <= sequence; first += archivedAtOnce) {
      const keys = [entriesKey(first), contentsKey(first)];
      await this.#redis.command(keys[0] as string, ["UNLINK", ...keys]);
    }
  }

  /** Replaces a content; false if it is not what was read any more. */
  async replaceContent(sequence: number, read: string, now: string): Promise<boolean> {
    const keys = [contentsKey(sequence)];
    return (await runScript<number>(this.#redis, replaceScript, keys, [String(sequence), read, now])) === 1;
  }

  /** Notes an intent; false if too many are open. */
  async begin(intentId: string, intent: string): Promise<boolean> {
    const args = [intentId, intent, String(mostIntents)];
    return (await runScript<number>(this.#redis, beginScript, [intentsKey], args)) === 1;
  }

  /** Open intents by id. */
  async openIntents(): Promise<ReadonlyMap<string, string>> {
    const reply = await this.#redis.command<string[] | Record<string, string>>(intentsKey, [
      "HGETALL",
      intentsKey,
    ]);
    if (!Array.isArray(reply)) return new Map(Object.entries(reply));
    const pairs = Array.from({ length: reply.length / 2 }, (_, index) => index * 2);
    return new Map(pairs.map((at) => [reply[at] ?? "", reply[at + 1] ?? ""]));
  }
}

function chunkOf(sequence: number): number {
  return Math.floor((sequence - 1) / chunkEntries);
}

function lastOfChunk(sequence: number): number {
  return (chunkOf(sequence) + 1) * chunkEntries;
}

function formatHead({ sequence, hmac, atMs }: AuditHead): string {
  return sequence === 0 ? "" : `${sequence} ${hmac} ${atMs}`;
}

function parseHead(text: string): AuditHead {
  if (text === "") return emptyHead;
  const [, sequence, hmac, atMs] = /^(\d{1,15}) ([0-9a-f]{64}) (\d{1,15})$/.exec(text) ?? [];
  if (sequence === undefined || hmac === undefined || atMs === undefined)
    throw new Error("the head of the audit log has another form");
  return { sequence: Number(sequence), hmac, atMs: Number(atMs) };
}

import { randomUUID } from "node:crypto";
import { CommonError } from "../errors/common-error.ts";
import { feedLua } from "../feed/feed.ts";
import type { Redis } from "../redis/redis.ts";
import { createScript, readLua, runScript } from "../redis/script.ts";
import type { CollectionKeys } from "./collection-keys.ts";
import { documentLimits as limits } from "./limits.ts";

const lua = (name: string) => readLua(import.meta.url, `./scripts/${name}.lua`);
const writeScript = createScript("write", lua("record"), feedLua, lua("write"));
const stageScript = createScript("write", lua("stage"));

/** One document's part of a write, as the script takes it. */
export interface TextWrite {
  readonly id: string;
  readonly expectedVersion: number;
  /** JSON text; undefined archives. */
  readonly text: string | undefined;
}

/** What became of one document in a write. */
export interface WriteOutcome {
  readonly id: string;
  /** Its version now. */
  readonly version: number;
  /** False if all was there already: a repeat, or nothing to change. */
  readonly changed: boolean;
  readonly revision: number;
  readonly writtenAtMs: number;
}

type Reply = [status: string, ...rest: unknown[]];

/** Writes all or none. See {@link DocumentCollection.write}. */
export async function writeDocuments(
  redis: Redis,
  name: string,
  keys: CollectionKeys,
  writes: readonly TextWrite[],
): Promise<WriteOutcome[]> {
  checkWrites(writes);
  if (writes.length === 0) return [];
  const parts = splitInParts(writes);
  const scriptKeys = [keys.heads, keys.versions, keys.ids, keys.revision, keys.feed];
  const args = [name, limits.documents, limits.versions, writes.length, limits.idsInChange].map(String);
  if (parts.length === 1) {
    args.push(...parts[0]!);
  } else {
    const staged = keys.staged(randomUUID());
    for (const part of parts)
      await runScript(redis, stageScript, [staged], [String(limits.stagedMs), ...part]);
    scriptKeys.push(staged);
  }
  const reply = await runScript<Reply>(redis, writeScript, scriptKeys, args);
  return inOrderOf(writes, readReply(reply));
}

function checkWrites(writes: readonly TextWrite[]): void {
  if (writes.length > limits.writes)
    throw tooLarge(`a write has at most ${limits.writes} documents, this one ${writes.length}`);
  const bytes = writes.reduce((sum, { text }) => sum + Buffer.byteLength(text ?? ""), 0);
  if (bytes > limits.writeBytes) throw tooLarge(`a write has at most ${limits.writeBytes} bytes`);
  if (new Set(writes.map(({ id }) => id)).size < writes.length)
    throw new RangeError("a write names a document twice");
  for (const { id, expectedVersion, text } of writes) {
    if (!Number.isSafeInteger(expectedVersion) || expectedVersion < (text === undefined ? 1 : 0))
      throw new RangeError(`${id}: expectedVersion ${expectedVersion}`);
  }
}

/** Ids and writes in turns, in parts that one command may carry. */
function splitInParts(writes: readonly TextWrite[]): string[][] {
  const parts: string[][] = [];
  let part: string[] = [];
  let bytes = 0;
  for (const { id, expectedVersion, text } of writes) {
    const state = text === undefined ? "A" : "L";
    const write = `${expectedVersion} ${state} ${text ?? ""}`;
    const size = Buffer.byteLength(write);
    if (part.length > 0 && (part.length >= 2 * limits.partWrites || bytes + size > limits.partBytes)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(id, write);
    bytes += size;
  }
  return [...parts, part];
}

function readReply([status, ...rest]: Reply): WriteOutcome[] {
  switch (status) {
    case "WRITTEN":
      return (rest as Array<[string, number, number, string | number, string]>).map(
        ([id, version, changed, revision, time]) => ({
          id,
          version,
          changed: changed === 1,
          revision: Number(revision),
          writtenAtMs: Number(time),
        }),
      );
    case "MISMATCH":
      throw versionMismatch(rest as [number, string, number, string]);
    case "TOO_MANY_DOCUMENTS":
      throw tooLarge(`a collection has at most ${limits.documents} documents`);
    case "TOO_MANY_VERSIONS":
      throw tooLarge(`${rest[0]} has ${limits.versions} versions and takes no more`);
    case "STAGING_LOST":
      throw new CommonError("STORE_UNAVAILABLE", "the parts of a large write vanished before its end");
    default:
      throw new TypeError(`the write of documents answered ${status}`);
  }
}

function versionMismatch([mismatches, id, version, state]: [number, string, number, string]): CommonError {
  const found = version === 0 ? "does not exist" : `has version ${version}`;
  const others = mismatches > 1 ? `, and ${mismatches - 1} others don't have theirs either` : "";
  return new CommonError("VERSION_MISMATCH", `${id} ${found}, which is not the expected one${others}`, {
    metadata: {
      document_id: id,
      current_version: String(version),
      archived: String(state === "A"),
      mismatches: String(mismatches),
    },
  });
}

function tooLarge(message: string): CommonError {
  return new CommonError("REQUEST_TOO_LARGE", message);
}

/** The parts of a large write come back in no order. */
function inOrderOf(writes: readonly TextWrite[], outcomes: readonly WriteOutcome[]): WriteOutcome[] {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  return writes.map(({ id }) => byId.get(id)!);
}

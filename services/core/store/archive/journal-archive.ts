import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { readArchiveCall } from "../calls/read-archive.ts";
import { decodeEntry, type JournalEntry } from "../journal-entry.ts";
import { type EntryArchive, type EntryRange, mostEntriesPerRead } from "../journal-reader.ts";
import type { LedgerStore } from "../ledger-store.ts";
import { LedgerFault } from "../store-fault.ts";
import {
  decodeSegment,
  digestOf,
  encodeSegment,
  parseFileName,
  type Segment,
  segmentFileName,
} from "./segment.ts";

const unfinished = ".part";
const namesPerRead = 1_000;
/** After so many characters a reading takes no more entries. */
const mostReadLength = 524_288;

/**
 * Journal entries in files of a folder that all instances reach. Which files count stands in Redis: one that
 * is not named there is left over from an archiving that was cut short, and says nothing.
 */
export class JournalArchive implements EntryArchive {
  readonly #store: LedgerStore;
  readonly #folder: string;

  /** `store` needs no archive of its own. */
  constructor(store: LedgerStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  /** Writes a file so that it outlives a power cut, and gives its name. Nothing counts it yet. */
  async write(segment: Segment): Promise<string> {
    const folder = this.#folderOf(segment.accountId);
    await mkdir(folder, { recursive: true });
    await removeUnfinished(folder);
    const bytes = await encodeSegment(segment);
    const name = segmentFileName(segment, bytes);
    const part = join(folder, `${randomUUID()}${unfinished}`);
    await using file = await open(part, "wx");
    await file.writeFile(bytes);
    await file.sync();
    await rename(part, join(folder, name));
    for (const each of [folder, this.#folder]) {
      await using handle = await open(each, "r");
      await handle.sync();
    }
    return name;
  }

  async readEntries(accountId: string, range: EntryRange): Promise<readonly JournalEntry[]> {
    const { fromSequence, toSequence, newestFirst } = range;
    const { firstSequence, texts } = await this.#find(accountId, newestFirst ? toSequence : fromSequence);
    const within = texts.slice(Math.max(0, fromSequence - firstSequence), toSequence - firstSequence + 1);
    return takeSome(within, newestFirst).map(decodeEntry);
  }

  /** The text of an archived entry. LedgerFault if it can't be had. */
  async readText(accountId: string, sequence: number): Promise<string> {
    const { firstSequence, texts } = await this.#find(accountId, sequence);
    return texts[sequence - firstSequence]!;
  }

  /** What the account was after the entry at its base, as given to {@link write}; undefined if nothing is archived. */
  async readCheckpoint(accountId: string, base: number): Promise<string | undefined> {
    return base === 0 ? undefined : (await this.#find(accountId, base)).checkpoint;
  }

  /**
   * Checks that every archived entry is in a file whose bytes are those that were written.
   *
   * @throws LedgerFault naming the file that is missing or damaged.
   */
  async check(accountId: string, signal: AbortSignal): Promise<void> {
    let next = 1;
    for (;;) {
      const { base, fileNames } = await this.#store.run(readArchiveCall(accountId, next, namesPerRead));
      if (next > base) return;
      for (const name of fileNames) {
        signal.throwIfAborted();
        const { first, last } = parseFileName(name);
        if (first !== next) throw new LedgerFault(`archived entry ${next} is in no file`);
        await this.#readBytes(accountId, name);
        next = last + 1;
      }
      if (fileNames.length === 0) throw new LedgerFault(`archived entry ${next} is in no file`);
    }
  }

  async #find(accountId: string, sequence: number): Promise<Segment> {
    const { fileNames } = await this.#store.run(readArchiveCall(accountId, sequence, 1));
    const [name] = fileNames;
    if (name === undefined || parseFileName(name).first > sequence)
      throw new LedgerFault(`archived entry ${sequence} of account ${accountId} is in no file`);
    return decodeSegment(await this.#readBytes(accountId, name), accountId);
  }

  async #readBytes(accountId: string, name: string): Promise<Buffer> {
    const path = join(this.#folderOf(accountId), name);
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      throw new LedgerFault(`the archive file ${name} of account ${accountId} can't be read`, {
        cause: error,
      });
    }
    if (digestOf(bytes) === parseFileName(name).digest) return bytes;
    throw new LedgerFault(`the archive file ${name} of account ${accountId} is damaged`);
  }

  /** Ids may differ in case alone or be dots, which not every file system tells apart. */
  #folderOf(accountId: string): string {
    return join(this.#folder, createHash("sha256").update(accountId).digest("hex"));
  }
}

async function removeUnfinished(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(unfinished));
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

function takeSome(texts: readonly string[], fromEnd: boolean): readonly string[] {
  const ordered = fromEnd ? [...texts].reverse() : texts;
  const taken: string[] = [];
  let length = 0;
  for (const text of ordered.slice(0, mostEntriesPerRead)) {
    if (taken.length > 0 && length >= mostReadLength) break;
    taken.push(text);
    length += text.length;
  }
  return fromEnd ? taken.reverse() : taken;
}

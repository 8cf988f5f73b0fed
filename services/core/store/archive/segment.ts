import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { LedgerFault } from "../store-fault.ts";

/** Entries that are archived together, and what the account was after the last of them. */
export interface Segment {
  readonly accountId: string;
  readonly firstSequence: number;
  /** As they stood in the journal. */
  readonly texts: readonly string[];
  /** Opaque JSON of the domain. */
  readonly checkpoint: string;
}

const format = "holdfast-journal-1";
const mostBytes = 268_435_456;
const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** The bytes of a file: gzip of JSON lines, a header, the entries, the checkpoint. The same for the same segment. */
export async function encodeSegment({
  accountId,
  firstSequence,
  texts,
  checkpoint,
}: Segment): Promise<Buffer> {
  const header = { format, accountId, firstSequence, entries: texts.length };
  const lines = [JSON.stringify(header), ...texts.map((text) => JSON.stringify(text)), checkpoint];
  return compress(`${lines.join("\n")}\n`);
}

/**
 * Reads a file.
 *
 * @throws LedgerFault if it is not a segment of this account.
 */
export async function decodeSegment(bytes: Buffer, accountId: string): Promise<Segment> {
  const lines = (await decompress(bytes, { maxOutputLength: mostBytes })).toString("utf8").split("\n");
  const header = JSON.parse(lines[0] ?? "{}") as Record<string, unknown>;
  if (header.format !== format || header.accountId !== accountId || header.entries !== lines.length - 3)
    throw new LedgerFault(`an archive file is no segment of account ${accountId}`);
  return {
    accountId,
    firstSequence: Number(header.firstSequence),
    texts: lines.slice(1, -2).map((line) => JSON.parse(line) as string),
    checkpoint: lines.at(-2) ?? "",
  };
}

/** Name of a segment's file: first and last sequence, and the SHA-256 of its bytes. */
export function segmentFileName({ firstSequence, texts }: Segment, bytes: Buffer): string {
  const pad = (sequence: number) => String(sequence).padStart(15, "0");
  return `${pad(firstSequence)}-${pad(firstSequence + texts.length - 1)}-${digestOf(bytes)}.gz`;
}

const namePattern = /^(\d{15})-(\d{15})-([0-9a-f]{64})\.gz$/;

/** What a file's name says. LedgerFault if it is no such name. */
export function parseFileName(name: string): { first: number; last: number; digest: string } {
  const [, first, last, digest] = namePattern.exec(name) ?? [];
  if (digest === undefined) throw new LedgerFault(`the archive names a file of an unknown form: ${name}`);
  return { first: Number(first), last: Number(last), digest };
}

/** SHA-256 in hex. */
export function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

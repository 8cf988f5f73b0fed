import { CommonError, invalidField } from "../errors/common-error.ts";
import { documentLimits } from "./limits.ts";

/** How values become JSON text and back. */
export interface DocumentCodec<T> {
  /** The same text for the same value: by it a repeated write is recognised. */
  encode(value: T): string;
  /** @throws if it is not the text of a value. */
  decode(text: string): T;
}

/** A version of a document. */
export interface StoredDocument<T> {
  readonly id: string;
  /** 1 for the first; each change makes the next, and none is ever deleted. */
  readonly version: number;
  /** Number of the write in its collection; all documents of one write have the same. */
  readonly revision: number;
  /** When it was written by the clock of Redis, in epoch milliseconds. */
  readonly writtenAtMs: number;
  /** Archived documents are still there for who knows their id; the next put revives them. */
  readonly archived: boolean;
  readonly value: T;
}

/** A version that the codec does not understand, for example one that a later release wrote. */
export class DocumentUnreadable extends Error {
  override readonly name = "DocumentUnreadable";
  readonly id: string;
  readonly version: number;

  constructor(id: string, version: number, cause?: unknown) {
    super(`version ${version} of document ${id} can't be read`, { cause });
    this.id = id;
    this.version = version;
  }
}

/** Reads a record as the scripts keep it; throws DocumentUnreadable. */
export function readRecord<T>(
  codec: DocumentCodec<T>,
  id: string,
  version: number,
  record: string,
): StoredDocument<T> {
  const [head = "", revision, writtenAtMs, state] = /^(\d+) (\d+) ([LA]) /.exec(record) ?? [];
  if (head === "") throw new DocumentUnreadable(id, version);
  let value: T;
  try {
    value = codec.decode(record.slice(head.length));
  } catch (error) {
    throw new DocumentUnreadable(id, version, error);
  }
  return {
    id,
    version,
    revision: Number(revision),
    writtenAtMs: Number(writtenAtMs),
    archived: state === "A",
    value,
  };
}

/** Refuses ids that can't be kept: empty, too long, broken Unicode or control characters. */
export function checkDocumentId(id: string): void {
  const bytes = Buffer.byteLength(id);
  if (bytes < 1 || bytes > documentLimits.idBytes)
    throw invalidField("id", `must have 1 to ${documentLimits.idBytes} bytes`);
  if (!id.isWellFormed() || /\p{Cc}/u.test(id))
    throw invalidField("id", "must be text without control characters");
}

/** Refuses a text that is too large. */
export function checkDocumentText(id: string, text: string, greatestBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > greatestBytes) {
    throw new CommonError(
      "REQUEST_TOO_LARGE",
      `${id} has ${bytes} bytes as JSON; a document has at most ${greatestBytes}`,
      { metadata: { document_id: id, bytes: String(bytes), limit: String(greatestBytes) } },
    );
  }
}

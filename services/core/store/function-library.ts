import { readFileSync } from "node:fs";
import type { Redis } from "#platform/redis/redis.ts";

/** Name of the library; its number is the major version of the state's layout. */
export const libraryName = "ledger1";

/**
 * Increases with every change of the functions within a major version. A service never replaces a library of
 * a higher revision, so that an older instance can't undo an upgrade.
 */
export const libraryRevision = 7;

/** Files in the order in which they need each other. */
const libraryFiles: readonly string[] = [
  "runtime",
  "integer",
  "argument",
  "permissions",
  "entry",
  "grant",
  "book",
  "burn",
  "idempotency",
  "hold",
  "quote",
  "read-account",
  "create-account",
  "update-account",
  "set-freeze",
  "close-account",
  "credit",
  "charge",
  "reserve",
  "commit",
  "release",
  "extend",
  "adjust",
  "refund",
  "reverse-credit",
  "expire-hold",
  "expire-grant",
  "read-reservation",
  "journal",
  "read-entries",
  "find-due",
  "find-entry-by-time",
  "read-refunds",
  "read-balance",
  "read-grants",
  "find-replay",
  "snapshot-account",
  "scan-records",
  "scan-journal",
  "archive-entries",
  "read-archive",
  "trim-outbox",
  "create-genesis",
  "touch",
  "note-primary",
  "batch",
  "self-test",
  "register",
];

/** Joins Lua files of `functions/` under a library name, as FUNCTION LOAD wants it. */
export function joinLibrary(name: string, files: readonly string[], ending = ""): string {
  const sources = files.map((file) =>
    readFileSync(new URL(`./functions/${file}.lua`, import.meta.url), "utf8"),
  );
  const revision = `local LIBRARY_REVISION = ${libraryRevision}\n`;
  return `#!lua name=${name}\n${[revision, ...sources].join("\n")}${ending}`;
}

let source: string | undefined;

/** The text of the ledger's library. */
export function librarySource(): string {
  source ??= joinLibrary(libraryName, libraryFiles);
  return source;
}

/** Loads the library on every primary, in place of what stands there under its name. */
export async function loadLibrary(redis: Redis): Promise<void> {
  await redis.onEveryPrimary(["FUNCTION", "LOAD", "REPLACE", librarySource()]);
}

/** Bounds of every collection, in counts, bytes and milliseconds. */
export const documentLimits = {
  /** Longest id in UTF-8 bytes; control characters are excluded. */
  idBytes: 255,
  /** Size of one document's JSON text unless the collection says less. */
  documentBytes: 65_536,
  documents: 100_000,
  /** Versions of one document; they are never deleted. */
  versions: 100_000,
  /** Documents in one write. */
  writes: 10_000,
  /** Sum of the texts of one write. */
  writeBytes: 32 << 20,
  /** A write up to here travels in one command, a larger one is laid aside in parts of this size. */
  partWrites: 200,
  partBytes: 262_144,
  /** How long the parts of a write that was broken off stay. */
  stagedMs: 600_000,
  /** A change names its documents up to this number; a larger one says that any may have changed. */
  idsInChange: 7,
  /** Entries that one read looks at, and bytes after which it ends early. */
  pageEntries: 1_000,
  pageBytes: 4 << 20,
} as const;

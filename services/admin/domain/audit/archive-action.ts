/** Action of the entry that tells of an archive of older entries. */
export const archiveAction = "audit.archive";

/** What that entry says of the archive, as its `after`. */
export interface ArchiveFacts {
  readonly from_sequence: number;
  readonly to_sequence: number;
  /** HMAC of the last archived entry. */
  readonly hmac: string;
  /** Digest of the file. */
  readonly file_sha256: string;
}

/** Whether the entry's JSON tells of an archive up to this entry. */
export function isArchiveOf(
  afterJson: string,
  { sequence, hmac }: { readonly sequence: number; readonly hmac: string },
): boolean {
  const facts = JSON.parse(afterJson || "{}") as Partial<ArchiveFacts>;
  return facts.to_sequence === sequence && facts.hmac === hmac;
}

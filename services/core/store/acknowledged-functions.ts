/**
 * Functions whose answer promises nothing that a failover could break: reads, and what is simply done again. The
 * others are acknowledged only once enough replicas have what the answer stands on; among them `find_replay`,
 * which writes nothing and yet answers for an earlier call.
 */
const unacknowledged: ReadonlySet<string> = new Set([
  "archive_entries",
  "expire_batch",
  "expire_grant",
  "expire_hold",
  "find_due",
  "find_entry_by_time",
  "note_primary",
  "read_account",
  "read_archive",
  "read_balance",
  "read_entries",
  "read_grants",
  "read_refunds",
  "read_reservation",
  "scan_journal",
  "scan_records",
  "snapshot_account",
  "trim_outbox",
]);

/** Whether a function's answer is an acknowledgement; `name` is without the library's prefix. */
export function isAcknowledged(name: string): boolean {
  return !unacknowledged.has(name);
}

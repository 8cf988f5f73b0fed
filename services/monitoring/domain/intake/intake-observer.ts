/** Hears of the intake's work. */
export interface IntakeObserver {
  /** Changes of series, and crossings, that were written. */
  counted(changes: number, crossings: number): void;
  /** Events of an account are missing; they are being refilled from the journal. */
  gapFound(accountId: string): void;
  /** Events that came from the journal. */
  refilled(accountId: string, events: number): void;
  /** An event of an account that Core does not know. */
  skipped(accountId: string): void;
  /** An outbox was trimmed before it was read; its accounts are being refilled. */
  lost(bucket: number): void;
  /** Every outbox of a shard was read and counted to its end. */
  caughtUp(shard: string): void;
  /** Counting failed and goes on later. */
  failed(shard: string, error: unknown): void;
}

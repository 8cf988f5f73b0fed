import type { SetAside } from "../../store/intake/set-aside.ts";

/** Hears of the intake's work. */
export interface IntakeObserver {
  /** Changes of series, and crossings, that were written. */
  counted(changes: number, crossings: number): void;
  /** Events of an account are missing; they are being refilled from the journal. */
  gapFound(accountId: string): void;
  /** Events that came from the journal. */
  refilled(accountId: string, events: number): void;
  /** Changes of a metric that has too many series: they are in none. */
  dropped(metric: string, count: number): void;
  /** Something could not be read and was set aside; counting goes on. */
  setAside(found: SetAside): void;
  /** An outbox was trimmed before it was read; its accounts are being refilled. */
  lost(bucket: number): void;
  /** Counting failed and goes on later. */
  failed(shard: string, error: unknown): void;
}

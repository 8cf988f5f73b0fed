import type { EventState } from "../../store/payments/event-store.ts";

/** Told of what happens, for metrics and the log. */
export interface PaymentObserver {
  /** An event arrived with a good signature, or the reconciler fetched it. */
  received(origin: "WEBHOOK" | "RECONCILER", isNew: boolean): void;
  /** An event was refused before it was read. */
  rejected(): void;
  /** What came of an attempt. */
  processed(state: EventState): void;
  /** A paid payment could not be credited. */
  unapplied(paymentId: string, reason: string): void;
  /** The reconciler found a difference. */
  differed(kind: string, isRepaired: boolean, facts: Readonly<Record<string, string>>): void;
  /** Something failed that will be tried again. */
  failed(what: string, error: unknown): void;
}

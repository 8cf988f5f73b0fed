import { Counter, Gauge } from "@prometheus-io/client";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { IntakeObserver } from "./domain/intake/intake-observer.ts";

/** Metrics and log lines of the intake. */
export function observeIntake({ registry }: Metrics, log: Logger, now: () => number): IntakeObserver {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const writes = counter("billing_intake_writes_total", "Batches of events that this instance counted");
  const crossings = counter("billing_intake_crossings_total", "Lines that accounts crossed");
  const gaps = counter("billing_intake_gaps_total", "Accounts of which events were missing");
  const refilled = counter("billing_intake_refilled_events_total", "Events taken from the journal");
  const skipped = counter(
    "billing_intake_skipped_events_total",
    "Events of accounts that Core does not know",
  );
  const failures = counter("billing_intake_failures_total", "Turns that ended with a failure and began anew");
  let lastSuccessMs: number | undefined;
  new Gauge({
    name: "billing_intake_last_success_age_seconds",
    help: "Time since this instance last read an outbox to its end",
    registers,
    collect() {
      if (lastSuccessMs !== undefined) this.set((now() - lastSuccessMs) / 1_000);
    },
  });
  return {
    counted(_changes, crossed) {
      writes.inc();
      crossings.inc(crossed);
    },
    gapFound(accountId) {
      gaps.inc();
      log.warn({ accountId }, "events of an account are missing and are read from the journal");
    },
    refilled: (_accountId, events) => refilled.inc(events),
    skipped(accountId) {
      skipped.inc();
      log.error({ accountId }, "an event belongs to an account that Core does not know");
    },
    lost: (bucket) =>
      log.warn({ bucket }, "an outbox was trimmed before it was counted; its accounts are read anew"),
    caughtUp() {
      lastSuccessMs = now();
    },
    failed(shard, error) {
      failures.inc();
      log.warn({ err: error, shard }, "the ledger can't be followed for now");
    },
  };
}

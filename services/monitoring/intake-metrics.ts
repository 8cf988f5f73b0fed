import { Counter } from "@prometheus-io/client";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { IntakeObserver } from "./domain/intake/intake-observer.ts";
import type { DroppedListener } from "./domain/metrics/shard-writer.ts";

/** Metrics and log lines of the intake. */
export function observeIntake({ registry }: Metrics, log: Logger, dropped: DroppedListener): IntakeObserver {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const writes = counter("billing_intake_writes_total", "Batches of events that this instance counted");
  const crossings = counter("billing_intake_crossings_total", "Lines that accounts crossed");
  const gaps = counter("billing_intake_gaps_total", "Accounts of which events were missing");
  const refilled = counter("billing_intake_refilled_events_total", "Events taken from the journal");
  const failures = counter("billing_intake_failures_total", "Turns that ended with a failure and began anew");
  return {
    dropped,
    counted(_changes, crossed) {
      writes.inc();
      crossings.inc(crossed);
    },
    gapFound(accountId) {
      gaps.inc();
      log.warn({ accountId }, "events of an account are missing and are read from the journal");
    },
    refilled: (_accountId, events) => refilled.inc(events),
    setAside({ entry, accountId, reason, outcome }) {
      const said =
        outcome === "missing"
          ? "an event can't be read and is in no figure"
          : "an outbox entry can't be read; its event was taken from the journal";
      log.error({ ...entry, accountId, reason }, said);
    },
    lost: (bucket) =>
      log.warn({ bucket }, "an outbox was trimmed before it was counted; its accounts are read anew"),
    failed(shard, error) {
      failures.inc();
      log.warn({ err: error, shard }, "the ledger can't be followed for now");
    },
  };
}

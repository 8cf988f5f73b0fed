import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { SweepObserver } from "./domain/expiry-sweeper.ts";
import type { TrimObserver } from "./domain/outbox-trimmer.ts";
import { type Invariant, invariants } from "./domain/verification/fault-list.ts";
import type { VerificationRounds } from "./domain/verification/verification-schedule.ts";
import type { GateObserver } from "./store/ledger-gate.ts";

/** Seconds: on time up to an outage. */
const lagBuckets = [0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 600];

/** Metrics and log lines of the expiry sweeper. */
export function observeSweeper({ registry }: Metrics, log: Logger): SweepObserver {
  const registers = [registry];
  const performed = new Counter({
    name: "billing_core_expiries_total",
    help: "Expiries that this instance performed",
    labelNames: ["kind"] as const,
    registers,
  });
  const lag = new Histogram({
    name: "billing_core_expiry_lag_seconds",
    help: "How long after its time an expiry was performed",
    buckets: lagBuckets,
    registers,
  });
  const due = new Gauge({
    name: "billing_core_expiries_due",
    help: "Expiries that the last round found due",
    registers,
  });
  const oldest = new Gauge({
    name: "billing_core_expiry_oldest_due_seconds",
    help: "How late the oldest expiry was that the last round found",
    registers,
  });
  const failures = new Counter({
    name: "billing_core_expiry_failures_total",
    help: "Expiries that could not be performed (stuck), and rounds that failed",
    labelNames: ["what"] as const,
    registers,
  });
  return {
    performed(kind, lagMs) {
      performed.inc({ kind });
      lag.observe(lagMs / 1_000);
    },
    swept(count, oldestLagMs) {
      due.set(count);
      oldest.set(oldestLagMs / 1_000);
    },
    stuck(member, error) {
      failures.inc({ what: "expiry" });
      log.error({ err: error, member }, "an expiry can't be performed");
    },
    failed(error) {
      failures.inc({ what: "round" });
      log.warn({ err: error }, "the sweeper could not end its round");
    },
  };
}

/** Log lines of the gate. */
export function logGate(log: Logger): GateObserver {
  return {
    closed: (reasons) => log.error({ reasons }, "parts of the ledger can't be served"),
    opened: () => log.info("all of the ledger is served again after a lost connection"),
    failedOver: (buckets) =>
      log.error({ buckets }, "a replica has become the primary: acknowledged changes may be lost"),
  };
}

/** Counts calls that replicas did not confirm in time, whose outcome is unknown to their callers. */
export function countUnconfirmed({ registry }: Metrics): (calls: number) => void {
  const unconfirmed = new Counter({
    name: "billing_core_unconfirmed_calls_total",
    help: "Calls that not enough replicas of Redis confirmed in time",
    registers: [registry],
  });
  return (calls) => unconfirmed.inc(calls);
}

/** Metrics and log lines of the outbox trimmer. */
export function observeTrimmer({ registry }: Metrics, log: Logger): TrimObserver {
  const registers = [registry];
  const trimmed = new Counter({
    name: "billing_core_outbox_trimmed_total",
    help: "Outbox entries that this instance removed",
    registers,
  });
  const longest = new Gauge({
    name: "billing_core_outbox_length_max",
    help: "Entries of the longest outbox after the last round",
    registers,
  });
  const lagged = new Gauge({
    name: "billing_core_outbox_readers_lagged",
    help: "Readers of the outbox that are not waited for, in any bucket",
    registers,
  });
  const failures = new Counter({
    name: "billing_core_outbox_failures_total",
    help: "Rounds of the trimmer that failed",
    registers,
  });
  return {
    trimmed(removed, length, laggedReaders) {
      trimmed.inc(removed);
      longest.set(length);
      lagged.set(laggedReaders);
    },
    lagged(readerId, bucket) {
      log.warn({ readerId, bucket }, "a reader of the outbox is silent or too far behind: it must refill");
    },
    failed(error) {
      failures.inc();
      log.warn({ err: error }, "the outboxes could not be trimmed");
    },
  };
}

/** Metrics and log lines of verification, of the background's as of what callers ask for. */
export function observeVerification({ registry }: Metrics, log: Logger): VerificationRounds {
  const registers = [registry];
  const violations = new Counter({
    name: "billing_invariant_violations_total",
    help: "Faults that verification of the ledger found, again with every verification until they are mended",
    labelNames: ["invariant"] as const,
    registers,
  });
  // From the start, so that the first one is seen as an increase.
  for (const invariant of invariants) violations.inc({ invariant }, 0);
  const accounts = new Counter({
    name: "billing_core_verified_accounts_total",
    help: "Accounts whose journal was folded again and compared with what is stored",
    registers,
  });
  const rounds = new Counter({
    name: "billing_core_verification_rounds_total",
    help: "Verifications of the whole ledger in the background, by how they ended",
    labelNames: ["outcome"] as const,
    registers,
  });
  return {
    verified({ accountId, faults }) {
      accounts.inc();
      if (faults.length === 0) return;
      const counts = new Map<Invariant, number>();
      for (const { invariant } of faults) counts.set(invariant, (counts.get(invariant) ?? 0) + 1);
      for (const [invariant, count] of counts) violations.inc({ invariant }, count);
      log.error(
        { accountId, faults: faults.length, first: faults[0] },
        "the books of an account do not agree",
      );
    },
    completed(sums) {
      rounds.inc({ outcome: "completed" });
      log.info(sums, "the whole ledger was verified");
    },
    failed(error) {
      rounds.inc({ outcome: "failed" });
      log.warn({ err: error }, "a verification of the whole ledger could not be ended");
    },
  };
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type AlertSchema,
  type AlertTransitionSchema,
  AlertState as StateNumber,
} from "#gen/billing/monitoring/v1/alert_pb.ts";
import { AlertSeverity } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import { generatorUrl } from "../../domain/alerts/generator-url.ts";
import type { Severity } from "../../store/alerting/alert-rule-record.ts";
import type { AlertState, TransitionRecord } from "../../store/alerts/alert-record.ts";
import type { StoredAlert } from "../../store/alerts/alert-store.ts";

export const stateNumbers: Readonly<Record<AlertState, StateNumber>> = {
  inactive: StateNumber.INACTIVE,
  pending: StateNumber.PENDING,
  firing: StateNumber.FIRING,
  resolved: StateNumber.RESOLVED,
};

export const severityNumbers: Readonly<Record<Severity, AlertSeverity>> = {
  info: AlertSeverity.INFO,
  warning: AlertSeverity.WARNING,
  critical: AlertSeverity.CRITICAL,
};

/** The severity of a number; undefined where none is stated. */
export function readSeverity(number: AlertSeverity): Severity | undefined {
  return keyOf(severityNumbers, number);
}

/** The states of their numbers. */
export function readStates(numbers: readonly StateNumber[]): AlertState[] {
  return numbers.flatMap((number) => keyOf(stateNumbers, number) ?? []);
}

/** The name that a table has for a number of the contract. */
export function keyOf<K extends string>(table: Readonly<Record<K, number>>, number: number): K | undefined {
  return (Object.keys(table) as K[]).find((key) => table[key] === number);
}

/** An alert as the contract has it. */
export function alertMessage(alert: StoredAlert, dashboardUrl: string): MessageInitShape<typeof AlertSchema> {
  const { record, acknowledgement, lastNotifiedAtMs } = alert;
  const at = timestampFromMs;
  const isResolved = record.state === "resolved";
  return {
    alertId: record.alertId,
    fingerprint: record.fingerprint,
    ruleId: record.ruleId,
    alertName: record.alertName,
    state: stateNumbers[record.state],
    severity: severityNumbers[record.severity],
    labels: { ...record.labels },
    annotations: { ...record.annotations },
    accountId: record.accountId,
    value: record.value,
    activeAt: at(record.activeAtMs),
    ...optional("firedAt", record.firedAtMs, at),
    ...optional("resolvedAt", isResolved ? record.endedAtMs : undefined, at),
    ...optional("keepFiringSince", record.keepFiringSinceMs, at),
    ...optional("acknowledgement", acknowledgement, ({ by, atMs, note }) => ({
      acknowledgedBy: by,
      acknowledgedAt: at(atMs),
      note,
    })),
    silenceIds: [...record.silenceIds],
    inhibitedByAlertIds: [...record.inhibitedBy],
    ...optional("lastNotifiedAt", lastNotifiedAtMs, at),
    generatorUrl: generatorUrl(dashboardUrl, record.alertId),
    updatedAt: at(Math.max(record.updatedAtMs, acknowledgement?.atMs ?? 0, lastNotifiedAtMs ?? 0)),
  };
}

/** A step in the life of an alert as the contract has it. */
export function transitionMessage(step: TransitionRecord): MessageInitShape<typeof AlertTransitionSchema> {
  return {
    at: timestampFromMs(step.atMs),
    fromState: stateNumbers[step.from],
    toState: stateNumbers[step.to],
    value: step.value,
    description: step.description,
    actor: step.actor,
  };
}

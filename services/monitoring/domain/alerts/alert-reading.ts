import type { Severity } from "../../store/alerting/alert-rule-record.ts";
import type { AlertState } from "../../store/alerts/alert-record.ts";
import type { AlertIndex, AlertStore, StoredAlert } from "../../store/alerts/alert-store.ts";
import { compileMatchers, type LabelMatcher } from "../label-matcher.ts";
import { MonitoringError } from "../monitoring-error.ts";
import { createSilencer } from "../muting/muting.ts";
import type { Silences } from "../muting/silences.ts";
import { isActive } from "./alert-state.ts";

/** Which alerts to list. */
export interface AlertFilter {
  /** Empty: of all accounts, and of the system. */
  readonly accountId: string;
  /** None: pending and firing. */
  readonly states: readonly AlertState[];
  readonly severity: Severity | undefined;
  /** Empty: of every rule. */
  readonly ruleId: string;
  readonly matchers: readonly LabelMatcher[];
  /** Empty: every one. */
  readonly fingerprint: string;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly excludeMuted: boolean;
}

/** Part of a list. */
export interface AlertPage {
  readonly alerts: readonly StoredAlert[];
  /** Where the next page begins; undefined at the end. */
  readonly below: number | undefined;
}

const lookedAtOnce = 500;
const mostLookedAt = 2_000;

/** Reads alerts as they are now: a silence counts from the moment at which it was made. */
export class AlertReading {
  readonly #store: AlertStore;
  readonly #silences: Silences;
  readonly #now: () => number;

  constructor(store: AlertStore, silences: Silences, now: () => number) {
    this.#store = store;
    this.#silences = silences;
    this.#now = now;
  }

  /** @throws ALERT_NOT_FOUND. */
  async require(alertId: string): Promise<StoredAlert> {
    const found = await this.#store.get(alertId);
    if (found === undefined) throw alertNotFound(alertId);
    return this.#asNow([found])[0]!;
  }

  /** Newest change first; looks at a bounded number of them. @throws MATCHER_INVALID. */
  async list(filter: AlertFilter, count: number, below: number | undefined): Promise<AlertPage> {
    const isWanted = compileFilter(filter);
    const index = indexFor(filter);
    const found: StoredAlert[] = [];
    let position = below;
    for (let looked = 0; looked < mostLookedAt; looked += lookedAtOnce) {
      const ids = await this.#store.listIds(index, position, lookedAtOnce);
      for (const alert of this.#asNow(await this.#store.getMany(ids))) {
        if (found.length === count) return { alerts: found, below: position };
        position = alert.sequence;
        if (isWanted(alert)) found.push(alert);
      }
      if (ids.length < lookedAtOnce) return { alerts: found, below: undefined };
    }
    return { alerts: found, below: position };
  }

  /** Everything that changed after a number, oldest change first, at most 500. */
  async changedAfter(accountId: string, sequence: number): Promise<StoredAlert[]> {
    const ids = await this.#store.listChangedIds(
      accountId === "" ? "all" : { accountId },
      sequence,
      lookedAtOnce,
    );
    const alerts = this.#asNow(await this.#store.getMany(ids));
    return alerts.sort((left, right) => left.sequence - right.sequence);
  }

  /** Pending and firing alerts that match. */
  async active(matchers: readonly LabelMatcher[] = []): Promise<StoredAlert[]> {
    const matches = compileMatchers(matchers);
    const alerts = this.#asNow(await this.#store.readActive());
    return alerts.filter(({ record }) => matches(record.labels)).reverse();
  }

  #asNow(alerts: readonly StoredAlert[]): StoredAlert[] {
    const silence = createSilencer(this.#silences.activeAt(this.#now()));
    return alerts.map((alert) => {
      const { record } = alert;
      const silenceIds = isActive(record) ? silence(record.labels).sort() : [];
      const inhibitedBy = isActive(record) ? record.inhibitedBy : [];
      return { ...alert, record: { ...record, silenceIds, inhibitedBy } };
    });
  }
}

/** Whether a silence or an inhibition mutes an alert. */
export function isMuted({ record }: Pick<StoredAlert, "record">): boolean {
  return record.silenceIds.length > 0 || record.inhibitedBy.length > 0;
}

export function alertNotFound(alertId: string): MonitoringError {
  return new MonitoringError("ALERT_NOT_FOUND", "there is no such alert", {
    metadata: { alert_id: alertId },
  });
}

function indexFor({ accountId, states }: AlertFilter): AlertIndex {
  if (accountId !== "") return { accountId };
  return states.every((state) => isActive({ state })) ? "active" : "all";
}

function compileFilter(filter: AlertFilter): (alert: StoredAlert) => boolean {
  const matches = compileMatchers(filter.matchers);
  const states = filter.states.length === 0 ? ["pending", "firing"] : filter.states;
  const { accountId, severity, ruleId, fingerprint, startMs, endMs, excludeMuted } = filter;
  return (alert) => {
    const { record } = alert;
    return (
      states.includes(record.state) &&
      (accountId === "" || record.accountId === accountId) &&
      (severity === undefined || record.severity === severity) &&
      (ruleId === "" || record.ruleId === ruleId) &&
      (fingerprint === "" || record.fingerprint === fingerprint) &&
      (startMs === undefined || (record.endedAtMs ?? Number.POSITIVE_INFINITY) >= startMs) &&
      (endMs === undefined || record.activeAtMs < endMs) &&
      !(excludeMuted && isMuted(alert)) &&
      matches(record.labels)
    );
  };
}

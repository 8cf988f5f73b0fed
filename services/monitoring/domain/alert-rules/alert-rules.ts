import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { AlertRuleRecord } from "../../store/alerting/alert-rule-record.ts";
import type { LiveDocuments } from "../alerting/live-documents.ts";
import { type Authorship, ManagedObjects, type ManagedRequest } from "../alerting/managed-objects.ts";
import type { FigureReader } from "../alerts/figure-reader.ts";
import { MonitoringError } from "../monitoring-error.ts";
import { checkRule } from "./check-rule.ts";

/** What a rule says. */
export type AlertRuleSpec = Omit<AlertRuleRecord, keyof Authorship>;
/** A rule as it is kept. */
export type AlertRule = StoredDocument<AlertRuleRecord>;

const kind = {
  kind: "alert_rule",
  limit: 1_000,
  notFound: (id: string) =>
    new MonitoringError("ALERT_RULE_NOT_FOUND", `there is no alert rule ${id}`, {
      metadata: { rule_id: id },
    }),
  exists: (id: string) =>
    new MonitoringError("ALERT_RULE_EXISTS", `there is an alert rule ${id} already`, {
      metadata: { rule_id: id },
    }),
};

/** The alert rules. */
export class AlertRules {
  readonly #objects: ManagedObjects<AlertRuleSpec, AlertRuleRecord>;
  readonly #figures: Pick<FigureReader, "plan">;

  constructor(
    collection: DocumentCollection<AlertRuleRecord>,
    live: LiveDocuments,
    figures: Pick<FigureReader, "plan">,
    now: () => number,
  ) {
    this.#objects = new ManagedObjects(collection, live, kind, now);
    this.#figures = figures;
  }

  /** In order of ids. */
  all(): readonly AlertRule[] {
    return this.#objects.all();
  }

  get(ruleId: string): AlertRule | undefined {
    return this.#objects.get(ruleId);
  }

  /** @throws ALERT_RULE_NOT_FOUND. */
  require(ruleId: string): AlertRule {
    return this.#objects.require(ruleId);
  }

  /** @throws ALERT_RULE_EXISTS, LIMIT_REACHED, and what {@link check} throws. */
  async create(request: ManagedRequest<AlertRuleSpec>): Promise<AlertRule> {
    this.check(request.spec);
    return this.#objects.create(request);
  }

  /** @throws ALERT_RULE_NOT_FOUND, VERSION_MISMATCH, and what {@link check} throws. */
  async update(request: ManagedRequest<AlertRuleSpec>, expectedVersion: number): Promise<AlertRule> {
    this.check(request.spec);
    return this.#objects.update(request, expectedVersion, (spec, { builtIn }) => ({ ...spec, builtIn }));
  }

  /** False if there was none. @throws ALERT_RULE_BUILT_IN, VERSION_MISMATCH. */
  async delete(ruleId: string, expectedVersion: number): Promise<boolean> {
    if (this.get(ruleId)?.value.builtIn) {
      throw new MonitoringError("ALERT_RULE_BUILT_IN", `the alert rule ${ruleId} ships with the software`, {
        metadata: { rule_id: ruleId },
      });
    }
    return this.#objects.delete(ruleId, expectedVersion);
  }

  /**
   * Checks what the contract's constraints cannot say.
   *
   * @throws REQUEST_INVALID, TEMPLATE_INVALID, METRIC_NOT_FOUND, LABEL_NOT_ALLOWED, FUNCTION_NOT_APPLICABLE,
   *   MATCHER_INVALID.
   */
  check(spec: AlertRuleSpec): void {
    const fault = checkRule(spec);
    if (fault !== undefined) throw invalidField(`spec.${fault.field}`, fault.description);
    if (spec.condition.kind === "metric") this.#figures.plan(spec.condition);
  }

  /** Puts the rules that ship with the software, and brings those up to date that nobody has changed. */
  seed(defaults: ReadonlyArray<ManagedRequest<AlertRuleSpec>>): Promise<void> {
    for (const { spec } of defaults) this.check(spec);
    return this.#objects.seed(defaults);
  }
}

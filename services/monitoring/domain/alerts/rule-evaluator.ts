import { createHash } from "node:crypto";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { RuleStatusRecord } from "../../store/alerts/alert-record.ts";
import type { AlertRule, AlertRules } from "../alert-rules/alert-rules.ts";
import { termsOf } from "../alert-rules/rule-terms.ts";
import type { AlertBoard } from "./alert-board.ts";
import { endAlert, evaluateRule, type MetricRule } from "./evaluate-rule.ts";
import type { FigureReader } from "./figure-reader.ts";

/** What evaluating needs. */
export interface RuleEvaluatorOptions {
  readonly rules: Pick<AlertRules, "all">;
  readonly board: AlertBoard;
  readonly figures: Pick<FigureReader, "observe">;
  readonly statuses: ReadonlyMap<string, RuleStatusRecord>;
  readonly onError: (error: unknown) => void;
}

const rulesAtOnce = 8;

/** Evaluates each rule at its interval, and ends the alerts of rules that are gone or switched off. */
export class RuleEvaluator {
  readonly #options: RuleEvaluatorOptions;
  readonly #statuses: Map<string, RuleStatusRecord>;
  /** Rule → its version and when it is due next. */
  readonly #due = new Map<string, { readonly version: number; readonly dueMs: number }>();

  constructor(options: RuleEvaluatorOptions) {
    this.#options = options;
    this.#statuses = new Map(options.statuses);
  }

  /** When a rule is due next. */
  nextDueMs(): number {
    return Math.min(...[...this.#due.values()].map(({ dueMs }) => dueMs), Number.POSITIVE_INFINITY);
  }

  /** Rules whose last evaluation failed. */
  failedCount(): number {
    return [...this.#statuses.values()].filter(({ health }) => health === "failed").length;
  }

  /** Evaluates what is due; gives the rules whose status changed, undefined for those that are gone. */
  async run(nowMs: number): Promise<Map<string, RuleStatusRecord | undefined>> {
    const rules = this.#options.rules.all();
    const changed = new Map<string, RuleStatusRecord | undefined>();
    this.#endOthers(new Map(rules.map((rule) => [rule.id, rule])), nowMs, changed);
    const due = rules.filter((rule) => this.#isDue(rule, nowMs));
    for (let start = 0; start < due.length; start += rulesAtOnce) {
      await Promise.all(
        due.slice(start, start + rulesAtOnce).map(async (rule) => {
          changed.set(rule.id, await this.#evaluate(rule, nowMs));
        }),
      );
    }
    for (const [ruleId, status] of changed) if (status !== undefined) this.#statuses.set(ruleId, status);
    return changed;
  }

  #isDue({ id, version, value }: AlertRule, nowMs: number): boolean {
    if (value.disabled) return false;
    const planned = this.#due.get(id);
    // A new or changed rule is evaluated at once.
    const isDue = planned === undefined || planned.version !== version || planned.dueMs <= nowMs;
    if (isDue) {
      const dueMs = nextSlotMs(id, termsOf(value).evaluationIntervalMs, nowMs);
      this.#due.set(id, { version, dueMs });
    }
    return isDue;
  }

  #endOthers(
    rules: ReadonlyMap<string, AlertRule>,
    nowMs: number,
    changed: Map<string, RuleStatusRecord | undefined>,
  ): void {
    const { board } = this.#options;
    for (const alert of board.all()) {
      const rule = rules.get(alert.ruleId);
      if (rule === undefined) board.take([endAlert(alert, nowMs, "the rule was deleted", true)]);
      else if (rule.value.disabled) board.take([endAlert(alert, nowMs, "the rule was switched off")]);
    }
    for (const ruleId of [...this.#statuses.keys()]) {
      const rule = rules.get(ruleId);
      if (rule !== undefined && !rule.value.disabled) continue;
      this.#due.delete(ruleId);
      this.#statuses.delete(ruleId);
      changed.set(ruleId, undefined);
    }
  }

  async #evaluate({ id, value }: AlertRule, nowMs: number): Promise<RuleStatusRecord> {
    const { board } = this.#options;
    const outcome =
      value.condition.kind === "metric" ? await this.#observe(id, value as MetricRule, nowMs) : "ok";
    const alerts = board.ofRule(id);
    const counts = {
      pendingCount: alerts.filter(({ state }) => state === "pending").length,
      firingCount: alerts.filter(({ state }) => state === "firing").length,
    };
    if (outcome === "ok" || outcome === "no_data")
      return { health: outcome, lastError: "", lastEvaluatedAtMs: nowMs, ...counts };
    const { lastEvaluatedAtMs } = this.#statuses.get(id) ?? {};
    const before = lastEvaluatedAtMs === undefined ? {} : { lastEvaluatedAtMs };
    return { health: "failed", lastError: outcome.message, ...before, ...counts };
  }

  /** A rule that cannot be evaluated leaves its alerts as they are. */
  async #observe(ruleId: string, rule: MetricRule, nowMs: number): Promise<"ok" | "no_data" | Error> {
    const { board, figures, onError } = this.#options;
    try {
      const [observations = []] = await figures.observe(rule.condition, [nowMs]);
      board.take(evaluateRule({ ruleId, rule, observations, present: board.ofRule(ruleId), nowMs }));
      return observations.length === 0 ? "no_data" : "ok";
    } catch (error) {
      onError(error);
      // Only an error that is meant for callers is shown.
      return error instanceof ServiceError ? error : new Error("an internal fault; the log says more");
    }
  }
}

/** The next multiple of an interval, shifted by the rule's id so that rules don't all come at once. */
function nextSlotMs(ruleId: string, intervalMs: number, afterMs: number): number {
  const shift = createHash("sha256").update(ruleId).digest().readUInt32BE(0) % intervalMs;
  return Math.floor((afterMs - shift) / intervalMs + 1) * intervalMs + shift;
}

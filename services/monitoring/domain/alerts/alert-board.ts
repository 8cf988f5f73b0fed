import type { AlertRecord, TransitionRecord } from "../../store/alerts/alert-record.ts";
import type { AlertWrite } from "../../store/alerts/alert-store.ts";
import type { AlertChange } from "./alert.ts";
import { isActive } from "./alert-state.ts";

/** The alerts that are pending or firing, in memory of the evaluator, and what of them is not written yet. */
export class AlertBoard {
  readonly #active: Map<string, AlertRecord>;
  readonly #unwritten = new Map<string, { record: AlertRecord; transitions: TransitionRecord[] }>();

  constructor(active: readonly AlertRecord[]) {
    this.#active = new Map(active.map((alert) => [alert.alertId, alert]));
  }

  get(alertId: string): AlertRecord | undefined {
    return this.#active.get(alertId);
  }

  all(): AlertRecord[] {
    return [...this.#active.values()];
  }

  ofRule(ruleId: string): AlertRecord[] {
    return this.all().filter((alert) => alert.ruleId === ruleId);
  }

  firing(): AlertRecord[] {
    return this.all().filter(({ state }) => state === "firing");
  }

  take(changes: readonly AlertChange[]): void {
    for (const { record, transition } of changes) {
      if (isActive(record)) this.#active.set(record.alertId, record);
      else this.#active.delete(record.alertId);
      const transitions = this.#unwritten.get(record.alertId)?.transitions ?? [];
      if (transition !== undefined) transitions.push(transition);
      this.#unwritten.set(record.alertId, { record, transitions });
    }
  }

  /** Gives what is to be written, once. */
  drain(): AlertWrite[] {
    const writes = [...this.#unwritten.values()];
    this.#unwritten.clear();
    return writes;
  }

  get hasChanges(): boolean {
    return this.#unwritten.size > 0;
  }
}

import { type Fault, nameOf } from "./fault-plan.ts";
import type { SimulatedAccount } from "./simulated-account.ts";

/** What a run came to, in numbers. */
export class Tally {
  operations = 0;
  answered = 0;
  readonly refusals = new Map<string, number>();
  skipped = 0;
  retries = 0;
  /** Attempts of which the client did not learn what they did. */
  unknownAttempts = 0;
  /** Operations with such an attempt, by how they ended. */
  readonly uncertain = { "had been done": 0, "had not been done": 0, "was refused in the end": 0 };
  readonly faults = new Map<string, number>();
  entries = 0;
  accounts = 0;
  payments = 0;
  deliveries = 0;

  countFault(fault: Fault): void {
    add(this.faults, nameOf(fault));
  }

  /** Counts deeds with numbers from `from` on: those before were counted already. */
  countDeeds(accounts: readonly SimulatedAccount[], from: number): void {
    for (const { deeds } of accounts) {
      for (const deed of deeds.values()) {
        if (deed.number < from) continue;
        this.operations++;
        this.retries += deed.attempts - 1;
        this.unknownAttempts += deed.unknownAttempts;
        if (deed.answer !== undefined) this.answered++;
        else add(this.refusals, deed.refusal ?? "without an answer");
        if (deed.unknownAttempts === 0) continue;
        if (deed.answer === undefined) this.uncertain["was refused in the end"]++;
        else this.uncertain[deed.wasDoneUnknowingly ? "had been done" : "had not been done"]++;
      }
    }
  }

  /** Several lines for people. */
  describe(): string {
    const listed = (counts: Iterable<[string, number]>) =>
      [...counts].map(([name, count]) => `${count} ${name}`).join(", ") || "none";
    return [
      `operations   ${this.operations} sent, ${this.answered} answered, ${this.skipped} left out after a refusal`,
      `refusals     ${listed(this.refusals)}`,
      `faults       ${listed(this.faults)}`,
      `retries      ${this.retries} (duplicates among them), ${this.unknownAttempts} after an attempt of unknown outcome`,
      `uncertain    ${listed(Object.entries(this.uncertain))}`,
      `payments     ${this.payments}, with ${this.deliveries} deliveries of events`,
      `ledger       ${this.entries} entries on ${this.accounts} accounts`,
    ].join("\n");
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

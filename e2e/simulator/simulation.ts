import type { TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { awaitEnds, BrokenPromise, checkSystem, endsSoonMs } from "./check-system.ts";
import { nameOf } from "./fault-plan.ts";
import { injectFault } from "./inject-fault.ts";
import { countRounds, type PlanOptions, planRound, type Round } from "./plan.ts";
import type { SimulatedAccount } from "./simulated-account.ts";
import { Storyteller } from "./storyteller.ts";
import type { SimulatedSystem } from "./system.ts";
import { Tally } from "./tally.ts";
import { TopUps } from "./top-up.ts";

/** What to simulate, and whom to tell how it goes. */
export interface SimulationOptions extends PlanOptions {
  readonly onProgress: (line: string) => void;
}

/** Stories that are told at the same time. */
const lanes = 32;
/** All entries of a long run are read, on a small busy machine. */
const verifiedWithinMs = 900_000;

/**
 * Runs the plan of a seed against a system that nobody else has used.
 *
 * @returns what it came to.
 * @throws BrokenPromise with the history of the account concerned when a promise of the system is broken.
 */
export async function simulate(system: SimulatedSystem, options: SimulationOptions): Promise<Tally> {
  const run = new Run(system, options);
  const rounds = countRounds(options);
  for (let index = 0; index < rounds; index++) await run.play(planRound(options, index), rounds);
  await run.verifyLedger();
  return run.tally;
}

class Run {
  readonly tally = new Tally();
  readonly #system: SimulatedSystem;
  readonly #options: SimulationOptions;
  readonly #topUps: TopUps;
  readonly #retiredCounts = new Map<TransactionType, number>();
  #storyteller: Storyteller | undefined;
  #counted = 0;

  constructor(system: SimulatedSystem, options: SimulationOptions) {
    this.#system = system;
    this.#options = options;
    this.#topUps = new TopUps(system);
  }

  /** Tells the stories of a round while its faults happen, then checks everything. */
  async play(round: Round, rounds: number): Promise<void> {
    const startedMs = Date.now();
    if (round.opens) {
      const idOf = (account: number) => `sim-${this.#options.seed}-${round.generation}-${account}`;
      this.#storyteller = new Storyteller(this.#system, this.#topUps, idOf);
    }
    const teller = this.#storyteller!;
    await this.#tellAll(teller, round);
    await this.#system.stack.waitUntilReady();
    const toldMs = Date.now();
    await this.#check(teller, round.retires);
    this.#report(round, rounds, startedMs, toldMs);
    if (round.retires) this.#retire([...teller.accounts.values()]);
  }

  async #tellAll(teller: Storyteller, round: Round): Promise<void> {
    const waiting = [...round.faults];
    const happening: Array<Promise<void>> = [];
    const busy = new Map<string, Promise<void>>();
    let begun = 0;
    const onStep = () => {
      begun++;
      while (waiting[0] !== undefined && waiting[0].afterOperations <= begun) {
        const fault = waiting.shift()!;
        this.tally.countFault(fault);
        const before = busy.get(fault.part) ?? Promise.resolve();
        const happens = before.then(() => injectFault(this.#system, fault));
        // Waited for below, after the stories.
        happens.catch(() => {});
        busy.set(fault.part, happens);
        happening.push(happens);
      }
    };
    await inLanes(round.openings, (story) => teller.tell(story, onStep));
    await inLanes(round.stories, (story) => teller.tell(story, onStep));
    // Steps that were left out do not count: what is still to happen happens now.
    begun = Number.POSITIVE_INFINITY;
    onStep();
    await Promise.all(happening);
  }

  async #check(teller: Storyteller, retires: boolean): Promise<void> {
    const checked = {
      system: this.#system,
      accounts: [...teller.accounts.values()],
      payments: teller.told.payments,
      retiredCounts: this.#retiredCounts,
    };
    const [contradiction] = teller.told.contradictions;
    if (contradiction !== undefined) throw new BrokenPromise(contradiction);
    await awaitEnds(checked, retires ? endsSoonMs : 0);
    await checkSystem(checked);
  }

  #report(round: Round, rounds: number, startedMs: number, toldMs: number): void {
    const accounts = [...this.#storyteller!.accounts.values()];
    const { tally } = this;
    const before = { ...tally, ...tally.uncertain };
    tally.countDeeds(accounts, this.#counted + 1);
    this.#counted += round.operations;
    tally.deliveries = this.#topUps.deliveries;
    this.#options.onProgress(
      [
        `round ${round.index + 1}/${rounds}`,
        `${tally.operations} operations`,
        round.faults.map(nameOf).join(", "),
        `${tally.unknownAttempts - before.unknownAttempts} unknown, ` +
          `${tally.uncertain["had been done"] - before["had been done"]} of them done`,
        `${((toldMs - startedMs) / 1_000).toFixed(1)} s, checked in ${secondsSince(toldMs)}`,
      ].join(" · "),
    );
  }

  /** Their accounts are used no more; what is in their journals still counts. */
  #retire(accounts: readonly SimulatedAccount[]): void {
    const { told } = this.#storyteller!;
    this.tally.skipped += told.skipped;
    this.tally.payments += told.payments.length;
    this.tally.accounts += accounts.length;
    for (const { countByType } of accounts) {
      for (const [type, count] of countByType) {
        this.tally.entries += count;
        this.#retiredCounts.set(type, (this.#retiredCounts.get(type) ?? 0) + count);
      }
    }
  }

  /** At the end, all accounts of the run once more. */
  async verifyLedger(): Promise<void> {
    for await (const { event } of this.#system.direct.core.verifyLedger(
      {},
      { timeoutMs: verifiedWithinMs },
    )) {
      if (event.case === "account")
        throw new BrokenPromise(
          `${event.value.accountId} does not verify: ${JSON.stringify(event.value.faults)}`,
        );
      if (event.case !== "summary" || !event.value.complete) continue;
      const { accountsChecked, entriesChecked } = event.value;
      if (Number(accountsChecked) !== this.tally.accounts || Number(entriesChecked) !== this.tally.entries)
        throw new BrokenPromise(
          `the ledger has ${accountsChecked} accounts with ${entriesChecked} entries, ` +
            `not ${this.tally.accounts} with ${this.tally.entries}`,
        );
    }
  }
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
}

function secondsSince(startMs: number): string {
  return `${((Date.now() - startMs) / 1_000).toFixed(1)} s`;
}

import { type Leg, type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { atomsOf } from "../testing/expected-cost.ts";
import type { Clients } from "../testing/services.ts";
import type { Action, Currency } from "./action.ts";
import type { Deed } from "./deed.ts";
import { columnsAfter, describeEntry } from "./entry-words.ts";
import { JournalModel } from "./journal-model.ts";

/** Entries that carry no key: they happen by themselves or by Admin's hand, or were asked for without one. */
const withoutKey: ReadonlySet<TransactionType> = new Set([
  TransactionType.ACCOUNT_CREATED,
  TransactionType.HOLD_EXPIRED,
  TransactionType.GRANT_EXPIRED,
  TransactionType.ACCOUNT_FROZEN,
  TransactionType.ACCOUNT_UNFROZEN,
]);
const rememberedEntries = 60;

/** What may be answered with the entry of an earlier call, or of an expiry, since there is nothing more to do. */
const answeredByOthers: ReadonlySet<Action["do"]> = new Set(["credit again", "release"]);

/** An account with everything that was asked of it, and its journal as far as it was read. */
export class SimulatedAccount {
  readonly accountId: string;
  readonly currency: Currency;
  readonly model: JournalModel;
  readonly deeds = new Map<string, Deed>();
  /** What contradicts the promises, oldest first. */
  readonly faults: string[] = [];
  readonly countByType = new Map<TransactionType, number>();
  readonly #lastEntries: string[] = [];
  #columns: readonly bigint[] = [0n, 0n, 0n, 0n, 0n];

  constructor(accountId: string, currency: Currency, creditLimit: bigint) {
    this.accountId = accountId;
    this.currency = currency;
    this.model = new JournalModel(creditLimit);
  }

  /** Reads the entries that came since the last time and checks each. */
  async readJournal(core: Clients["core"]): Promise<void> {
    const afterSequence = BigInt(this.#read);
    const { accountId } = this;
    for await (const { transactions } of core.exportTransactions({ accountId, afterSequence })) {
      for (const entry of transactions) this.#take(entry);
    }
  }

  #read = 0;

  #take(entry: Transaction): void {
    this.#read++;
    this.countByType.set(entry.type, (this.countByType.get(entry.type) ?? 0) + 1);
    this.#lastEntries.push(describeEntry(entry));
    if (this.#lastEntries.length > rememberedEntries) this.#lastEntries.shift();
    if (entry.sequence !== BigInt(this.#read)) this.#fault(entry, `has sequence ${entry.sequence}`);
    this.#checkLegs(entry);
    const deed = this.#deedOf(entry);
    try {
      const { expected, found } = this.model.follow(entry, deed?.facts);
      if (expected !== found) this.#fault(entry, `should be\n  ${expected}\nand is\n  ${found}`);
    } catch (error) {
      this.#fault(entry, `is against the rules: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Legs sum to zero and lead from the columns before to the columns after. */
  #checkLegs({ legs, ...entry }: Transaction): void {
    const sumOf = (wanted: (column: string) => boolean) =>
      legs
        .filter(({ column }) => wanted(column))
        .reduce((sum: bigint, { amount }: Leg) => sum + atomsOf(amount!.amount), 0n);
    const change = (name: string) => sumOf((column) => column === name);
    const moved = [
      change("available"),
      change("reserved"),
      -sumOf((column) => column.startsWith("external:")),
      change("spent"),
      change("expired"),
    ];
    const [available, reserved, funded, spent, expired] = columnsAfter(entry);
    const after = [available!, reserved!, funded!, spent!, expired!];
    if (sumOf(() => true) !== 0n) this.#fault(entry, "has legs that do not sum to zero");
    if (funded !== available! + reserved! + spent! + expired!)
      this.#fault(entry, `has columns that do not add up: ${after.join(" ")}`);
    const led = this.#columns.map((column, index) => column + moved[index]!);
    if (led.join() !== after.join())
      this.#fault(entry, `has legs that lead to ${led.join(" ")} and columns ${after.join(" ")}`);
    this.#columns = after;
  }

  /** The deed behind an entry; each has one entry at most. */
  #deedOf(entry: Transaction): Deed | undefined {
    const { idempotencyKey: key } = entry;
    if (withoutKey.has(entry.type) || entry.source === "stripe") return undefined;
    const deed = this.deeds.get(key);
    if (deed === undefined) {
      this.#fault(entry, `has the key ${key}, with which nobody called`);
      return undefined;
    }
    deed.entries.push(Number(entry.sequence));
    if (deed.entries.length > 1)
      this.#fault(entry, `does ${key} a second time, after entry ${deed.entries[0]}`);
    const { transaction } = deed.answer ?? {};
    if (transaction !== undefined && describeEntry(transaction) !== describeEntry(entry))
      this.#fault(entry, `was answered as\n  ${describeEntry(transaction)}`);
    return deed;
  }

  #fault(entry: Pick<Transaction, "sequence">, text: string): void {
    this.faults.push(`entry ${entry.sequence} ${text}`);
  }

  /** That every answered deed is in the journal, and none that was refused. To be called when nobody calls. */
  checkDeeds(): void {
    for (const deed of this.deeds.values()) {
      const { transaction } = deed.answer ?? {};
      const isThere = transaction === undefined || transaction.sequence <= BigInt(this.#read);
      if (!isThere)
        this.faults.push(`${deed.key} was answered with entry ${transaction.sequence}, which is lost`);
      const isOwn = transaction !== undefined && !answeredByOthers.has(deed.facts.action.do);
      if ((isOwn || transaction?.idempotencyKey === deed.key) && deed.entries.length === 0)
        this.faults.push(`${deed.key} was answered and is not in the journal`);
      const isCertain = deed.unknownAttempts === 0;
      if (deed.answer === undefined && isCertain && deed.entries.length > 0)
        this.faults.push(`${deed.key} was refused (${deed.refusal}) and is in the journal all the same`);
    }
  }

  /** The last entries, and the deeds whose keys the faults name. */
  history(): string {
    const faults = this.faults.join("\n");
    const concerned = [...this.deeds.values()].filter(({ key }) => faults.includes(key)).slice(0, 10);
    const last = [...this.deeds.values()].slice(-20).filter((deed) => !concerned.includes(deed));
    return [
      `journal of ${this.accountId}, its last entries:`,
      ...this.#lastEntries,
      "calls concerned:",
      ...concerned.map((deed) => deed.describe()),
      "last calls:",
      ...last.map((deed) => deed.describe()),
    ].join("\n");
  }
}

import type { ShardWrite } from "../../store/shard-commit.ts";

const lostPrefix = "lost:";
const refillingPrefix = "refilling:";
const refillsField = "refills";

/**
 * What a shard notes of its own course beside what it counts: as it was read, with what has been written since. Each
 * change has a write and, for after it, a `take`.
 */
export class IntakeMarks {
  readonly #key: string;
  readonly #lost: Set<number>;
  readonly #refilling: Set<string>;
  #refills: number;

  constructor(key: string, fields: ReadonlyMap<string, string>) {
    this.#key = key;
    this.#lost = new Set(namesWith(lostPrefix, fields).map(Number));
    this.#refilling = new Set(namesWith(refillingPrefix, fields));
    this.#refills = Number(fields.get(refillsField) ?? 0);
  }

  /** Buckets whose outbox lost entries before they were counted, until all accounts of them are refilled. */
  get lost(): ReadonlySet<number> {
    return this.#lost;
  }

  /** Accounts that are being refilled from the journal. */
  get refilling(): ReadonlySet<string> {
    return this.#refilling;
  }

  /** Times that an account was refilled from the journal, ever. */
  get refills(): number {
    return this.#refills;
  }

  writeOfLost(buckets: readonly number[], isLost: boolean): ShardWrite {
    return this.#mark(
      buckets.map((bucket) => `${lostPrefix}${bucket}`),
      isLost,
    );
  }

  takeLost(buckets: readonly number[], isLost: boolean): void {
    for (const bucket of buckets) {
      if (isLost) this.#lost.add(bucket);
      else this.#lost.delete(bucket);
    }
  }

  writeOfRefillStart(accountId: string): ShardWrite {
    return this.#mark([`${refillingPrefix}${accountId}`], true);
  }

  takeRefillStart(accountId: string): void {
    this.#refilling.add(accountId);
  }

  writesOfRefillEnd(accountId: string): ShardWrite[] {
    const count = [refillsField, String(this.#refills + 1)];
    return [...this.writesOfRefillsCutOff([accountId]), { command: "HSET", key: this.#key, args: count }];
  }

  takeRefillEnd(accountId: string): void {
    this.#refilling.delete(accountId);
    this.#refills += 1;
  }

  writesOfRefillsCutOff(accountIds: readonly string[]): ShardWrite[] {
    const fields = accountIds.map((accountId) => `${refillingPrefix}${accountId}`);
    return fields.length === 0 ? [] : [this.#mark(fields, false)];
  }

  takeRefillsCutOff(accountIds: readonly string[]): void {
    for (const accountId of accountIds) this.#refilling.delete(accountId);
  }

  #mark(fields: readonly string[], isSet: boolean): ShardWrite {
    const key = this.#key;
    if (isSet) return { command: "HSET", key, args: fields.flatMap((field) => [field, "1"]) };
    return { command: "HDEL", key, args: fields };
  }
}

/** What follows a prefix in the names of fields. */
export function namesWith(prefix: string, fields: ReadonlyMap<string, string>): string[] {
  return [...fields.keys()]
    .filter((field) => field.startsWith(prefix))
    .map((field) => field.slice(prefix.length));
}

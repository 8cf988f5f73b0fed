import { accountKeys } from "../../../store/keys.ts";
import type { TestStore } from "../../../store/testing/test-store.ts";

const separator = "\u001f";
type ColumnLetter = "a" | "r" | "f" | "s" | "x";

/** An account whose entries and records a test writes itself, in the forms that functions/*.lua state. */
export class HandWrittenAccount {
  readonly accountId: string;
  readonly #test: TestStore;
  readonly #columns: Record<ColumnLetter, bigint> = { a: 0n, r: 0n, f: 0n, s: 0n, x: 0n };
  #sequence = 0;
  #timeMs: number;

  constructor(test: TestStore, accountId: string, startMs: number) {
    this.#test = test;
    this.accountId = accountId;
    this.#timeMs = startMs;
  }

  /**
   * Appends an entry: its type letter, its legs, and further fields by position (functions/entry.lua). Columns
   * follow the legs.
   */
  async append(type: string, legs = "", fields: Readonly<Record<number, string>> = {}): Promise<void> {
    for (const leg of legs.split(";").filter((text) => text !== "")) {
      const [, column, amount] = /^([earsx])(-?\d+)/.exec(leg)!;
      if (column === "e") this.#columns.f -= BigInt(amount!);
      else this.#columns[column as ColumnLetter] += BigInt(amount!);
    }
    this.#sequence += 1;
    this.#timeMs += 1;
    const { a, r, f, s, x } = this.#columns;
    const texts = ["1", this.#sequence, this.#timeMs, type, a, r, f, s, x, "0", legs].map(String);
    for (let position = 12; position <= 19; position++) texts.push(fields[position] ?? "");
    while (texts.at(-1) === "") texts.pop();
    const { account, journal, listing } = accountKeys(this.accountId);
    await this.#test.command("RPUSH", journal, texts.join(separator));
    const stored = { q: this.#sequence, t: this.#timeMs, a, r, f, s, x, l: 0, y: "USD", d: 0, v: 1 };
    await this.#test.command("HSET", account, ...Object.entries(stored).flat().map(String));
    await this.#test.command("ZADD", listing, "0", this.accountId);
  }
}

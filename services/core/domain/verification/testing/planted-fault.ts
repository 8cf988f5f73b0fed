import assert from "node:assert/strict";
import { type AccountKeys, accountKeys } from "../../../store/keys.ts";
import type { TestLedger } from "../../testing/test-ledger.ts";

/** Between the fields of an entry and of most records. */
export const separator = "\u001f";
const dayMs = 86_400_000;

/** How a fault is planted: with the keys of the account, and short forms of commands. */
export interface Scene {
  readonly keys: AccountKeys;
  readonly accountId: string;
  command(...args: string[]): Promise<unknown>;
  /** Replaces a field (counted from 1) of an entry. */
  editEntry(sequence: number, field: number, change: (text: string) => string): Promise<void>;
  /** Replaces the record of a hash. */
  editRecord(key: string, field: string, change: (text: string) => string): Promise<void>;
}

/** What is planted, how, and how the first fault that is found begins. */
export type PlantedFault = readonly [name: string, plant: (scene: Scene) => Promise<unknown>, fault: string];

/** The scene of an account. */
export function sceneOf({ command }: Pick<TestLedger, "command">, accountId: string): Scene {
  const keys = accountKeys(accountId);
  return {
    keys,
    accountId,
    command,
    async editEntry(sequence, field, change) {
      const index = String(sequence - 1);
      const fields = (await command<string>("LINDEX", keys.journal, index)).split(separator);
      fields[field - 1] = change(fields[field - 1] ?? "");
      await command("LSET", keys.journal, index, fields.join(separator));
    },
    async editRecord(key, field, change) {
      const text = await command<string | null>("HGET", key, field);
      assert.ok(text, `${key} has ${field}`);
      await command("HSET", key, field, change(text));
    },
  };
}

/** The day that records of now are kept under. */
export const today = (): number => Math.floor(Date.now() / dayMs);
/** A change of a text. */
export const replaceFirst =
  (from: string, to: string) =>
  (text: string): string =>
    text.replace(from, to);

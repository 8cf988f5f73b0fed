import type { ledgerLevels } from "../metrics/definitions/ledger-metrics.ts";
import { countFigure, type Figure, figureOfAtoms, formatFigure, parseFigure } from "../metrics/figure.ts";
import type { AccountState } from "./account-state.ts";
import type { LedgerEvent } from "./ledger-event.ts";

/** A level of the ledger, of which each shard keeps its share. */
export type LevelName = keyof typeof ledgerLevels;

/** Levels by currency. */
export type LedgerLevels = Map<string, Map<LevelName, Figure>>;

/** Changes the levels by what an event changed of its account. */
export function addLevels(levels: LedgerLevels, before: AccountState, event: LedgerEvent): void {
  const { currencyCode, ledgerScale } = before;
  const add = (level: LevelName, figure: Figure) => addLevel(levels, currencyCode, level, figure);
  const money = (level: LevelName, atoms: bigint) => add(level, figureOfAtoms(atoms, ledgerScale));
  money("liabilities", positive(event.postedAtoms) - positive(before.postedAtoms));
  money("debts", positive(-before.postedAtoms) - positive(-event.postedAtoms));
  money("reserved", event.reservedAtoms - before.reservedAtoms);
  add("openHolds", countFigure(event.openHoldsChange));
  if (event.type === "ACCOUNT_CREATED") add("accounts", countFigure(1));
  if (event.type === "ACCOUNT_CLOSED") add("accounts", countFigure(-1));
}

/** Adds to one level. */
export function addLevel(levels: LedgerLevels, currencyCode: string, level: LevelName, figure: Figure): void {
  const own = levels.get(currencyCode) ?? new Map<LevelName, Figure>();
  levels.set(currencyCode, own);
  own.set(level, (own.get(level) ?? 0n) + figure);
}

function positive(atoms: bigint): bigint {
  return atoms > 0n ? atoms : 0n;
}

const prefix = "level:";

/** Fields and values as the shard stores them. */
export function encodeLevels(levels: LedgerLevels): string[] {
  return [...levels].flatMap(([currencyCode, own]) =>
    [...own].flatMap(([level, figure]) => [`${prefix}${level}:${currencyCode}`, formatFigure(figure)]),
  );
}

/** Adds the levels among a shard's fields to others. */
export function decodeLevels(fields: ReadonlyMap<string, string>, into: LedgerLevels): void {
  for (const [field, text] of fields) {
    if (!field.startsWith(prefix)) continue;
    const [level, currencyCode] = field.slice(prefix.length).split(":");
    addLevel(into, currencyCode!, level as LevelName, parseFigure(text));
  }
}

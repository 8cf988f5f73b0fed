/**
 * What the ledger itself costs in Redis: CPU of its functions by the size of the ledger, bytes by kind of record, and
 * how late expiries are performed. The calls over gRPC, and the bare functions beside them, are in the part fast-path.
 * Times on a shared machine mean little, their ratios and the bytes do.
 *
 *   node bench/ledger/main.ts [--accounts 1000000] [--holds 100000]
 */
import { parseArgs } from "node:util";
import { measureExpiries } from "./expiries.ts";
import { measureByAccounts, measureByJournalLength } from "./function-cost.ts";
import { measureMemory } from "./memory.ts";
import { costTable, expiryText, memoryTable } from "./report.ts";

const { values } = parseArgs({
  options: {
    accounts: { type: "string", default: "100000" },
    holds: { type: "string", default: "100000" },
  },
});

function countOf(option: "accounts" | "holds"): number {
  const count = Number(values[option]);
  if (!Number.isSafeInteger(count) || count < 1_000) throw new RangeError(`--${option}: 1000 or more`);
  return count;
}

const [accounts, holds] = [countOf("accounts"), countOf("holds")];
const say = (text: string): void => {
  process.stdout.write(`${text}\n\n`);
};

say("CPU of Redis for one call of a function, its socket included, without the append-only file");
say(costTable([...(await measureByJournalLength()), ...(await measureByAccounts(accounts))]));
say(
  "Bytes (MEMORY USAGE of all keys of a kind), account ids of 17 characters, amounts of 7 digits, no metadata",
);
say(memoryTable(await measureMemory()));
say(expiryText(await measureExpiries(holds)));

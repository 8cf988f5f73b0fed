/**
 * What the ledger itself costs in Redis: CPU of its functions by the size of the ledger, bytes by kind of record, and
 * how late expiries are performed. The calls over gRPC, and the bare functions beside them, are in the part fast-path.
 * Times on a shared machine mean little, their ratios and the bytes do.
 *
 *   node bench/ledger/main.ts [--help] [--accounts 1000000] [--holds 100000]
 */
import { parseArgs } from "node:util";
import { measureExpiries } from "./expiries.ts";
import { measureByAccounts, measureByJournalLength } from "./function-cost.ts";
import { measureMemory } from "./memory.ts";
import { costTable, expiryText, memoryTable } from "./report.ts";

const help = `Measures what the ledger costs in Redis, on servers of its own: CPU of its functions by the number of accounts
and of journal entries, bytes by kind of record, and how late holds expire. It takes some minutes.

  node bench/ledger/main.ts [option …]

  --accounts <number>  most accounts among which a function is measured; 1000 or more, default 100000
  --holds <number>     holds that stay open while others expire; 1000 or more, default 100000
  --help, -h           shows this
`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", short: "h", default: false },
    accounts: { type: "string", default: "100000" },
    holds: { type: "string", default: "100000" },
  },
});

function countOf(option: "accounts" | "holds"): number {
  const count = Number(values[option]);
  if (!Number.isSafeInteger(count) || count < 1_000) throw new RangeError(`--${option}: 1000 or more`);
  return count;
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n\n`);
};

if (values.help) process.stdout.write(help);
else {
  const [accounts, holds] = [countOf("accounts"), countOf("holds")];
  say("CPU of Redis for one call of a function, its socket included, without the append-only file");
  say(costTable([...(await measureByJournalLength()), ...(await measureByAccounts(accounts))]));
  say(
    "Bytes (MEMORY USAGE of all keys of a kind), account ids of 17 characters, amounts of 7 digits, no metadata",
  );
  say(memoryTable(await measureMemory()));
  say(expiryText(await measureExpiries(holds)));
}

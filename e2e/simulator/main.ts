/**
 * The simulator: drives the real services and a real Redis with random work while they fail, and checks that nothing
 * is lost and nothing done twice.
 */
import { parseArgs } from "node:util";
import { failureReport } from "./failure-report.ts";
import { simulate } from "./simulation.ts";
import { startSystem } from "./system.ts";

const help = `Usage: make simulate [SEED=number] [OPS=number]
   or: node e2e/simulator/main.ts [--seed number] [--ops number]

Starts the five services and a Redis of its own and sends operations of every kind that moves money (credits and
grants, charges, batches, holds in all their ways to end, refunds, reversals, corrections, usage priced in another
currency, payments by a stand-in for Stripe) over gRPC, gRPC-Web and Connect, while parts are killed, paused and
started again, connections break before a request or after a reply, memory is full, and calls and webhooks come
twice and in any order. A call without an answer is sent again with the same key.

After every round: each journal is followed entry by entry by the reference model of the ledger, with the amounts
asked for; every answered effect is there, once, and as it was answered; payments came to what was paid; VerifyAccount
agrees; Monitoring has counted what the journals have.

  --seed number   decides everything that is planned; default: random
  --ops number    operations to send, default 2000

The seed decides the operations, their amounts, order, doors and duplicates, and the faults, their order, length and
the operation with which each begins. It does not decide how the machine schedules what runs at the same time: which
call of several on one account comes first, and at which byte a fault meets a call. So the same seed sets the same
traps again, and a fault that depends on timing may need a few runs of it.

Exits with 0 if all promises were kept, 1 if one was broken, 2 if the parameters are wrong.`;

const largestSeed = 2 ** 31 - 1;

function readNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > most) {
    console.error(`--${name} ${text} must be a whole number from 1 to ${most}`);
    process.exit(2);
  }
  return number;
}

const { values } = parseArgs({
  options: { seed: { type: "string" }, ops: { type: "string" }, help: { type: "boolean" } },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const seed = values.seed
  ? readNumber("seed", values.seed, largestSeed)
  : 1 + Math.floor(Math.random() * largestSeed);
const operations = readNumber("ops", values.ops || "2000", 100_000_000);

console.log(`simulating ${operations} operations, seed ${seed}`);
const startedMs = Date.now();
const seconds = () => `${((Date.now() - startedMs) / 1_000).toFixed(1)} s`;
await using system = await startSystem();
console.log(`the system is up after ${seconds()}`);
try {
  const tally = await simulate(system, { seed, operations, onProgress: (line) => console.log(line) });
  console.log(`\n${tally.describe()}\n\nall promises kept, in ${seconds()}`);
} catch (error) {
  console.error(`\n${failureReport(error, { seed, operations }, system)}`);
  process.exitCode = 1;
}

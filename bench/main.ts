/**
 * `make bench`: measures the parts one after the other, shows what they say, and stores it with the machine, the
 * versions and the load beside it, so that two runs can be compared.
 *
 *   node bench/main.ts [--help] [part …]
 */
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { parts } from "./parts.ts";
import { runPart } from "./run-part.ts";
import { storeResults } from "./store-results.ts";

const help = `Measures what Holdfast costs. Without a name it measures all parts, which takes half an hour.

  make bench                     all parts
  make bench PARTS="calls pricing"
  make bench PARTS=fast-path BENCH_APPENDFSYNC=everysec
                                 fast-path and calls with Redis syncing each second, not before each answer
  node bench/main.ts --help

Parts:
${parts.map(({ name, what }) => `  ${name.padEnd(12)}${what}`).join("\n")}

The report is printed, and stored in bench/results/<date>-<parts>.json with the machine, the versions, how Redis
syncs, and the load of the machine before and after: on a shared one, read ratios within one run only.
`;

const { values, positionals } = parseArgs({
  options: { help: { type: "boolean", short: "h", default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !parts.some((part) => part.name === name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`There is no part ${unknown.join(", ")}.\n\n`);
  process.stdout.write(help);
  process.exitCode = unknown.length > 0 ? 1 : 0;
} else {
  const chosen = parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const machine = describeMachine();
  process.stdout.write(`${machine.cpus} × ${machine.cpu}, Node ${machine.node}, ${machine.redis}\n`);
  const results = [];
  for (const part of chosen) {
    process.stdout.write(`\n── ${part.name}: ${part.what}\n\n`);
    results.push(await runPart(part));
  }
  const path = storeResults(machine, results, positionals.length === 0 ? ["all"] : positionals);
  const failed = results.filter(({ exitCode }) => exitCode !== 0).map(({ name }) => name);
  process.stdout.write(`\nStored as ${path}\n`);
  if (failed.length > 0) {
    process.stderr.write(`Not measured to the end: ${failed.join(", ")}\n`);
    process.exitCode = 1;
  }
}

import { runCommand } from "../testing/run-command.ts";

/** How a run of test files went. */
export interface TestOutcome {
  readonly count: number;
  readonly passed: number;
  /** Names of what did not pass, each with the first lines on why. */
  readonly failures: readonly string[];
}

/** The reason stands a few lines below the name. */
const linesToReason = 12;

/**
 * Runs test files in a process of their own with changes to the environment.
 *
 * @throws Error with the end of its output if the runner itself fails.
 */
export async function runTestFiles(
  files: readonly string[],
  changes: Readonly<Record<string, string>>,
  withinMs: number,
): Promise<TestOutcome> {
  // A runner below a runner would report to the one above and run nothing itself.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { code, stdout, stderr } = await runCommand(
    process.execPath,
    ["--test", "--test-concurrency=2", "--test-timeout=300000", "--test-reporter=tap", ...files],
    { environment: { ...environment, ...changes }, timeoutMs: withinMs },
  );
  const outcome = readTap(stdout);
  if (outcome === undefined || (code !== 0 && outcome.failures.length === 0))
    throw new Error(`the test run ended with ${code}:\n${`${stdout}\n${stderr}`.slice(-4_000)}`);
  return outcome;
}

/** Reads a report of Node's runner in the Test Anything Protocol; undefined if it has no summary. */
function readTap(report: string): TestOutcome | undefined {
  const total = (name: string): number | undefined => {
    const match = new RegExp(`^# ${name} (\\d+)$`, "m").exec(report);
    return match === null ? undefined : Number(match[1]);
  };
  const [count, passed] = [total("tests"), total("pass")];
  if (count === undefined || passed === undefined) return undefined;
  const lines = report.split("\n");
  const failures = lines.flatMap((line, index) => {
    // A skipped test is one that did not pass: nothing is skipped silently.
    const name = /^\s*(?:not ok \d+ - (.*)|ok \d+ - (.* # (?:SKIP|TODO).*))$/.exec(line);
    if (name === null) return [];
    const details = lines.slice(index + 1, index + linesToReason);
    const reason = details.findIndex((each) => /^\s*error: /.test(each));
    // A reason of several lines begins below.
    const why = details.slice(reason, reason + 4).map((each) => each.trim());
    return [`${name[1] ?? name[2]}: ${reason < 0 ? "no reason given" : why.join(" ")}`];
  });
  return { count, passed, failures };
}

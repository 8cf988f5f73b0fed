import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { codeBlocks } from "./testing/code-blocks.ts";
import { runCommand } from "./testing/run-command.ts";
import { plainEnvironment, startTestStack, type TestStack } from "./testing/test-stack.ts";

/** A command of the page, and what it should write. */
interface Step {
  readonly command: string;
  readonly expected: string;
}

const page = readFileSync(new URL("../docs/admin-api.md", import.meta.url), "utf8");
const steps = stepsOf(page);
const endOfStep = "--- end of step ---";

let stack: TestStack;
let outputs: readonly string[];

before(async () => {
  stack = await startTestStack();
  // One shell for all, since later commands use what earlier ones defined.
  const script = steps.map(({ command }) => `${command}\nprintf '\\n%s\\n' '${endOfStep}'`).join("\n");
  const { ADMIN_KEY } = stack.environment;
  const environment = { ...plainEnvironment(), ADMIN: stack.url("adminHttp"), ADMIN_KEY };
  const { stdout, stderr } = await runCommand("bash", ["-c", script], { environment, timeoutMs: 90_000 });
  assert.equal(stderr, "");
  outputs = stdout.split(`${endOfStep}\n`).slice(0, -1);
});

after(async () => {
  await stack?.stop();
});

/** The commands of all console blocks: a line with `$ ` begins one, the lines up to the next are its output. */
function stepsOf(markdown: string): Step[] {
  const found: Step[] = [];
  for (const block of codeBlocks(markdown, "console")) {
    for (const part of block.split(/^\$ /m).slice(1)) {
      const [command = "", ...output] = part.split("\n");
      found.push({ command, expected: output.join("\n").trim() });
    }
  }
  return found;
}

/** The text as a pattern in which "…" stands for anything. */
function patternOf(expected: string): RegExp {
  const parts = expected.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[\\s\\S]*?")}$`);
}

test("the page has commands, and each was run", () => {
  assert.ok(steps.length > 20, String(steps.length));
  assert.equal(outputs.length, steps.length);
});

for (const [index, { command, expected }] of steps.entries()) {
  test(`answers as the page says: ${command.slice(0, 100)}`, () => {
    assert.match(outputs[index]?.trim() ?? "", patternOf(expected), command);
  });
}

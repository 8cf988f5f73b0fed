import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { codeBlocks } from "../testing/code-blocks.ts";
import { runCommand } from "../testing/run-command.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";

const repository = resolve(import.meta.dirname, "../..");
const concepts = readFileSync(join(repository, "docs/concepts.md"), "utf8");

let stack: TestStack;
before(async () => {
  stack = await startTestStack();
});
after(() => stack?.stop());

async function run(program: string, ...parameters: string[]): Promise<string> {
  const result = await runCommand(process.execPath, [program, ...parameters], {
    environment: {
      PATH: process.env.PATH,
      JWT_SECRET: stack.environment.JWT_SECRET,
      CORE_URL: stack.url("core"),
      PRICING_URL: stack.url("pricing"),
      EXCHANGE_URL: stack.url("exchange"),
    },
    timeoutMs: 120_000,
  });
  assert.equal(result.code, 0, result.stderr);
  return result.stdout;
}

test("the programs of docs/concepts.md run as one and print what they say", async () => {
  const code = codeBlocks(concepts, "ts").join("");
  const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  assert.ok(expected.length >= 6);
  const folder = mkdtempSync(join(tmpdir(), "holdfast-concepts-"));
  try {
    const program = join(folder, "concepts.ts");
    const client = join(repository, "client/node.ts");
    writeFileSync(program, code.replace("@holdfast/client", client));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    assert.deepEqual((await run(program)).trimEnd().split("\n"), expected);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

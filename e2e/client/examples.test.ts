import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { createHoldfast, signedTokens } from "../../client/node.ts";
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
  const code = [...concepts.matchAll(/```ts\n(.*?)```/gs)].map(([, block = ""]) => block).join("");
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

test("the example in TypeScript holds, charges what it really cost, and says what is left", async () => {
  const { core, close } = createHoldfast({
    urls: { core: stack.url("core") },
    token: signedTokens({ secret: stack.environment.JWT_SECRET ?? "" }),
  });
  await core.createAccount({ accountId: "example", currencyCode: "USD" });
  const amount = { currencyCode: "USD", amount: "5" };
  await core.credit({ accountId: "example", amount, source: "admin" });
  close();
  const program = join(repository, "examples/clients/typescript/main.ts");
  assert.equal(await run(program, "example"), "held    0.013 USD\ncharged 0.0063875\nleft    4.9936125\n");
});

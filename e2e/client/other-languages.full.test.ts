import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { createHoldfast, signedTokens } from "../../client/node.ts";
import { codeBlocks, sectionOf } from "../testing/code-blocks.ts";
import { runCommand } from "../testing/run-command.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";

const repository = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(repository, "examples/clients/README.md"), "utf8");
/** Packages come from outside, and Go compiles them. */
const withinMs = 900_000;

/** What a language needs on this machine, by a command that succeeds where it is there. */
const languages = [
  { name: "Go", needs: "Go 1.24 or newer", check: ["go", "-C", "examples/clients/go", "list", "-m"] },
  {
    name: "Python",
    needs: "Python 3.10 or newer with venv",
    check: ["python3", "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"],
  },
] as const;

let stack: TestStack;
before(async () => {
  stack = await startTestStack();
});
after(() => stack?.stop());

const lastLines = (text: string, count: number) => text.trimEnd().split("\n").slice(-count).join("\n");

for (const { name, needs, check } of languages) {
  const [program, ...parameters] = check;
  const environment = { ...process.env, GOTOOLCHAIN: "local" };
  if (spawnSync(program, parameters, { cwd: repository, env: environment }).status !== 0) {
    process.stderr.write(`The client in ${name} is left out: it needs ${needs}.\n`);
    continue;
  }
  test(`the client in ${name} is made and run as its page says`, async () => {
    const accountId = "acme";
    const { core, close } = createHoldfast({
      urls: { core: stack.url("core") },
      token: signedTokens({ secret: stack.environment.JWT_SECRET ?? "" }),
    });
    await core.createAccount({ accountId, currencyCode: "USD" });
    const amount = { currencyCode: "USD", amount: "5" };
    const { balance } = await core.credit({ accountId, amount, source: "admin" });
    close();
    const script = codeBlocks(sectionOf(page, name), "sh").join("\n");
    const { code, stdout, stderr } = await runCommand("bash", ["-euo", "pipefail", "-c", script], {
      folder: repository,
      environment: {
        ...environment,
        HOLDFAST_TOKEN: await stack.token(),
        CORE_URL: stack.url("core"),
        CORE_ADDRESS: `127.0.0.1:${stack.ports.core}`,
      },
      timeoutMs: withinMs,
    });
    assert.equal(code, 0, stderr);
    const left = Number(balance?.available?.amount) === 5 ? "4.9936125" : "9.987225";
    // What fetches packages may say so before.
    assert.equal(lastLines(stdout, 3), `held    0.013 USD\ncharged 0.0063875\nleft    ${left}`);
  });
}

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { createClients, playMainJob } from "../examples/demo/story.ts";
import { codeBlocks, sectionOf } from "./testing/code-blocks.ts";
import { runCommand } from "./testing/run-command.ts";
import { plainEnvironment, startTestStack, type TestStack } from "./testing/test-stack.ts";

const repository = resolve(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(repository, path), "utf8");
const readme = read("README.md");
const clientsPage = read("examples/clients/README.md");

let stack: TestStack;
before(async () => {
  stack = await startTestStack();
});
after(() => stack?.stop());

/** A newcomer's shell in the repository, who has the stack at other ports. */
async function runInShell(script: string): Promise<string> {
  const here = script.replaceAll("http://127.0.0.1:50052", stack.url("core"));
  const { code, stdout, stderr } = await runCommand("bash", ["-euo", "pipefail", "-c", here], {
    folder: repository,
    environment: {
      ...plainEnvironment(),
      JWT_SECRET: stack.environment.JWT_SECRET,
      PORT_OFFSET: stack.environment.PORT_OFFSET,
    },
    timeoutMs: 120_000,
  });
  assert.equal(code, 0, stderr);
  return stdout;
}

/** The answers of several calls, which curl writes one behind the other. */
function answersOf(text: string): Array<Record<string, unknown>> {
  return text
    .trim()
    .split(/(?<=\})\s*(?=\{)/)
    .map((each) => JSON.parse(each) as Record<string, unknown>);
}

const commands = (markdown: string) =>
  codeBlocks(markdown, "sh")
    .join("\n")
    .replaceAll(/^make dev.*$/gm, "");

test("the transcript of the main job is what the demo says, line by line", async () => {
  const secret = new TextEncoder().encode(stack.environment.JWT_SECRET);
  const said: string[] = [];
  const clients = await createClients(stack.ports, secret);
  await playMainJob(clients, "EUR", (text) => said.push(...stripVTControlCharacters(text).split("\n")));
  const [transcript = ""] = codeBlocks(sectionOf(readme, "What the main job looks like"), "");
  const steps = transcript.trimEnd().split("\n\n");
  assert.ok(steps.length >= 3);
  const told = said.join("\n");
  for (const step of steps) assert.ok(told.includes(step), `not said by the demo:\n${step}\n\nbut:\n${told}`);
});

test("the commands for calling it are answered as a reader expects, and so is the program below them", async () => {
  const section = sectionOf(readme, "Calling it");
  const [created, credited, held, ...others] = answersOf(await runInShell(commands(section)));
  assert.deepEqual(others, []);
  assert.partialDeepStrictEqual(created, { account: { accountId: "acme", currencyCode: "USD" } });
  assert.partialDeepStrictEqual(credited, { balance: { available: { currencyCode: "USD", amount: "25" } } });
  assert.partialDeepStrictEqual(held, {
    reservation: { state: "RESERVATION_STATE_HELD", reserved: { currencyCode: "USD", amount: "0.013" } },
    balance: { available: { currencyCode: "USD", amount: "24.987" } },
  });

  const [program = "", ...more] = codeBlocks(section, "ts");
  assert.deepEqual(more, []);
  const folder = mkdtempSync(join(tmpdir(), "holdfast-readme-"));
  try {
    const client = join(repository, "client/node.ts");
    const shown =
      "console.log(result, commit.transaction?.amount?.amount, commit.balance?.available?.amount);";
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "program.ts"), program.replace("@holdfast/client", client) + shown);
    const printed = await runInShell(`node_modules/.bin/node "${folder}/program.ts"`);
    assert.equal(printed, "the answer of the model -0.00342 24.98358\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the page of the clients goes on from there, and its TypeScript holds, charges and says what is left", async () => {
  const [setUp = ""] = clientsPage.split(/^## /m);
  const script = `${commands(setUp)}\necho\n${commands(sectionOf(clientsPage, "TypeScript"))}`;
  const printed = await runInShell(script);
  const [answers = "", ...lines] = printed.split(/\n(?=held )/);
  assert.partialDeepStrictEqual(answersOf(answers)[1], {
    balance: { available: { amount: "29.98358" } },
  });
  assert.equal(lines.join("\n"), "held    0.013 USD\ncharged 0.0063875\nleft    29.9771925\n");
});

test("every target of make that a page names is in the Makefile", () => {
  const targets = new Set([...read("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, name]) => name));
  const pages = ["README.md", "examples/clients/README.md", "examples/llm-gateway/README.md"];
  const named = [...pages, "examples/third-party-dashboard/README.md", "client/README.md"].flatMap((page) =>
    [...read(page).matchAll(/(?:^|`|\$\()(?:[A-Z_]+=\S+ )*make (?:-s )?([a-z][a-z-]*)(?![\w/])/gm)].map(
      ([, name]) => name,
    ),
  );
  assert.ok(named.length > 10, String(named.length));
  assert.deepEqual(
    named.filter((name) => !targets.has(name)),
    [],
  );
});

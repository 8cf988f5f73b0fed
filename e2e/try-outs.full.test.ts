import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { forEachLine } from "#platform/testing/for-each-line.ts";
import { spawnTethered } from "#platform/testing/tethered-process.ts";
import { findFreePortOffset } from "../tools/local/ports.ts";
import { runCommand } from "./testing/run-command.ts";
import { plainEnvironment, startTestStack, type TestStack } from "./testing/test-stack.ts";

const repository = resolve(import.meta.dirname, "..");
const startedWithinMs = 120_000;
const stopGraceMs = 5_000;

let stack: TestStack;
let environment: NodeJS.ProcessEnv;
before(async () => {
  const portOffset = await findFreePortOffset();
  // Ports of the examples, beside those of the stack.
  const [gatewayPort, pagePort] = [String(50_058 + portOffset), String(50_059 + portOffset)];
  stack = await startTestStack({ CORS_ORIGINS: `http://127.0.0.1:${pagePort}` }, { portOffset });
  environment = {
    ...plainEnvironment(),
    JWT_SECRET: stack.environment.JWT_SECRET,
    PORT_OFFSET: String(portOffset),
    GATEWAY_PORT: gatewayPort,
    THIRD_PARTY_PORT: pagePort,
  };
});
after(() => stack?.stop());

/** Starts what a target of make starts, and gives what it printed once this is in it. */
async function startTryOut(program: string, last: RegExp) {
  const path = join(repository, "examples", program, "try-out.ts");
  const child = spawnTethered(process.execPath, [path], { environment });
  const lines: string[] = [];
  forEachLine(child.stdout, (line) => lines.push(line));
  forEachLine(child.stderr, (line) => lines.push(line));
  const text = await eventually(() => {
    const printed = lines.join("\n");
    assert.match(printed, last);
    return printed;
  }, startedWithinMs);
  return { text, [Symbol.asyncDispose]: async () => void (await child.terminate(stopGraceMs)) };
}

/** The answer to each curl command of a text, run as it stands. */
async function runPrinted(text: string): Promise<string[]> {
  const commands = [...text.matchAll(/^ {4}(curl .*(?:\n {6,}.*)*)/gm)].map(([, command = ""]) => command);
  const answers: string[] = [];
  for (const command of commands) {
    const { code, stdout, stderr } = await runCommand("bash", ["-euo", "pipefail", "-c", command], {
      environment,
      folder: repository,
      timeoutMs: 60_000,
    });
    assert.equal(code, 0, stderr);
    answers.push(stdout);
  }
  return answers;
}

test("make gateway prints commands that answer, stream, and run out of money", async () => {
  await using gateway = await startTryOut("llm-gateway", /1000000.*\n.*$/);
  const [plain = "", streamed = "", refused = "", ...others] = await runPrinted(gateway.text);
  assert.deepEqual(others, []);
  assert.match(plain, /^HTTP\/1\.1 200 .*^x-charged: 0\.00615375 USD.*"content":"[^"]*Hello/ims);
  assert.match(streamed, /^data: \{.*: charged 0\.00615375 USD, .* left.*data: \[DONE\]\s*$/s);
  assert.match(refused, /^HTTP\/1\.1 402 .*"insufficient_quota"/s);
});

test("make third-party prints where the page is and a command that charges", async () => {
  await using page = await startTryOut("third-party-dashboard", /Watch it change[\s\S]*"output_tokens"/);
  const [, link = ""] = /^ {4}(http:\S+#token=\S+)$/m.exec(page.text) ?? [];
  const answer = await fetch(link);
  assert.match(await answer.text(), /<title>Spendboard<\/title>/);
  const [charged = "{}", ...others] = await runPrinted(page.text);
  assert.deepEqual(others, []);
  assert.partialDeepStrictEqual(JSON.parse(charged), {
    transaction: { accountId: "third-party-demo", amount: { amount: "-0.012" } },
  });
});

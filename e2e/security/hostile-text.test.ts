import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { promisedServices } from "../contract/rpc-list.ts";
import { sendBrokenText } from "./broken-text.ts";
import { type GuardedStack, startGuardedStack } from "./guarded-stack.ts";
import { hostileTexts } from "./hostile-texts.ts";
import { readLedger } from "./ledger-snapshot.ts";
import { sendTextsToRoutes } from "./route-texts.ts";
import { makeTextTargets, type TextTargets } from "./text-targets.ts";
import { sendTexts, textAttempts } from "./text-walk.ts";

let guarded: GuardedStack;
let targets: TextTargets;
let token: string;

before(async () => {
  guarded = await startGuardedStack();
  targets = await makeTextTargets(guarded.stack);
  token = await guarded.stack.token();
});

after(async () => {
  targets?.close();
  await guarded?.stop();
});

const attempts = textAttempts(hostileTexts.length);
const refusable = attempts.filter(({ isRefused }) => isRefused);
const harmless = attempts.filter(({ isRefused }) => !isRefused);

test("texts beyond the contract's bounds are refused by the name of the field, and the ledger stays as it was", async () => {
  assert.ok(refusable.length > 100, `${refusable.length} requests`);
  const ledger = await readLedger(guarded.stack);
  const { answered } = await sendTexts(guarded.ways.all, token, refusable);
  assert.equal(answered, 0);
  assert.deepEqual(await readLedger(guarded.stack), ledger);
});

test("texts within the bounds, whatever they look like, do no harm and bring nothing of the inside to light", async () => {
  assert.ok(harmless.length > 50, `${harmless.length} requests`);
  const { answered } = await sendTexts(guarded.ways.all, token, harmless);
  assert.ok(answered > 10, `${answered} were answered`);
  await targets.requireUnharmed();
});

test("texts in the fields of JSON routes do no harm and bring nothing of the inside to light", async () => {
  assert.ok((await sendTextsToRoutes(guarded.stack, hostileTexts.length)) > 100);
  await targets.requireUnharmed();
});

for (const { service } of promisedServices) {
  test(`no method of ${service.typeName} takes bytes that are no text, or half a character`, async () => {
    const ledger = await readLedger(guarded.stack);
    for (const method of service.methods) await sendBrokenText(guarded.stack, token, method);
    assert.deepEqual(await readLedger(guarded.stack), ledger);
  });
}

test("no service ended or was restarted", () => {
  assert.deepEqual(
    guarded.stack.lines.filter((line) => /FATAL|ended (with|by)|Uncaught/.test(line)),
    [],
  );
});

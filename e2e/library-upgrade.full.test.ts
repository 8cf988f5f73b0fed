import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { waitUntil } from "#platform/testing/eventually.ts";
import { forEachLine } from "#platform/testing/for-each-line.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { spawnTethered, type TetheredProcess } from "#platform/testing/tethered-process.ts";
import { libraryName, libraryRevision } from "../services/core/store/function-library.ts";
import { bucketKeys } from "../services/core/store/keys.ts";
import { countChanged, openAccounts, spentOf, startCharging } from "./testing/charging-load.ts";
import { type CheckoutCopy, copyCheckout } from "./testing/checkout-copy.ts";
import { clientsWith, openGrpcTransports, withToken } from "./testing/services.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

const patientMs = 120_000;
const nextRevision = libraryRevision + 1;

let stack: TestStack;
let next: CheckoutCopy;
before(async () => {
  next = copyCheckout();
  const library = join(next.folder, "services/core/store/function-library.ts");
  const source = readFileSync(library, "utf8");
  const raised = source.replace(
    `libraryRevision = ${libraryRevision};`,
    `libraryRevision = ${nextRevision};`,
  );
  assert.notEqual(raised, source);
  writeFileSync(library, raised);
  stack = await startTestStack();
});
after(async () => {
  await stack?.stop();
  next?.[Symbol.dispose]();
});

/** Core as the next version has it, beside the one of the stack. */
async function startNextCore(): Promise<{ process: TetheredProcess; url: string }> {
  const process_ = spawnTethered(process.execPath, [join(next.folder, "services/core/main.ts")], {
    cwd: next.folder,
    environment: { ...stack.environment, CORE_PORT: "0", LOG_FORMAT: "json" },
  });
  const lines: string[] = [];
  let port = 0;
  forEachLine(process_.stderr, (line) => lines.push(line));
  forEachLine(process_.stdout, (line) => {
    lines.push(line);
    port ||= Number(/"port":(\d+)/.exec(line)?.[1] ?? 0);
  });
  await waitUntil("the next version serves", () => port > 0 || !process_.isRunning(), patientMs);
  assert.ok(port > 0, lines.join("\n"));
  return { process: process_, url: `http://127.0.0.1:${port}` };
}

async function loadedRevision(): Promise<number> {
  const redis = await connectTestRedis(stack.environment.REDIS_URL!);
  try {
    return await redis.callFunction<number>(`${libraryName}_library_revision`, [bucketKeys(0).genesis], []);
  } finally {
    await redis.close();
  }
}

test("the functions are upgraded from one revision to the next while charges go on: none fails, none is lost", async () => {
  const transports = openGrpcTransports(stack);
  const token = await stack.token();
  const { core } = clientsWith(transports, token);
  const accountIds = await openAccounts(core, "upgrade", 8);
  const load = startCharging([core], accountIds);
  await waitUntil("charges are under way", () => load.acknowledged.size > 200, patientMs);
  assert.equal(await loadedRevision(), libraryRevision);
  const upgraded = await startNextCore();
  try {
    assert.equal(await loadedRevision(), nextRevision);
    const meanwhile = load.acknowledged.size;
    await waitUntil("the old version goes on", () => load.acknowledged.size > meanwhile + 200, patientMs);
    const nextCore = createClient(
      BillingCoreService,
      withToken(createGrpcTransport({ baseUrl: upgraded.url }), token),
    );
    const sent = await load.stop();
    assert.deepEqual([load.failedCalls, load.acknowledged.size], [0, sent]);
    assert.equal(await countChanged(nextCore, accountIds, load.acknowledged), 0);
    assert.deepEqual(await spentOf(nextCore, accountIds), { charges: sent, inconsistent: [] });
  } finally {
    transports.close();
    await upgraded.process.terminate(10_000);
  }
});

test("an instance of the older version that starts afterwards refuses to serve instead of undoing it", async () => {
  await stack.kill("core");
  await assert.rejects(stack.restart("core"));
  assert.ok(stack.lines.some((line) => /upgrade the service/.test(line)));
  assert.equal(await loadedRevision(), nextRevision);
});

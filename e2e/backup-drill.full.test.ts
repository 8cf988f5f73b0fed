import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { createHoldfast, type Holdfast, signedTokens } from "../client/node.ts";
import { takeBackup } from "../tools/backup/backup.ts";
import { readManifest } from "../tools/backup/manifest.ts";
import { restoreBackup, restoreEpochStep } from "../tools/backup/restore.ts";
import { findFreePortOffset } from "../tools/local/ports.ts";
import { makeSecret } from "../tools/local/secrets.ts";
import { type Stack, startStack } from "../tools/local/stack.ts";
import { plainEnvironment } from "./testing/test-stack.ts";

const readyWithinMs = 120_000;
const onlineEntries = 1_000;
const accounts = Array.from({ length: 8 }, () => `drill-${randomUUID()}`);
const secrets = { JWT_SECRET: makeSecret(), ADMIN_KEY: makeSecret(), REDIS_PASSWORD: makeSecret() };
const usd = (amount: string) => ({ currencyCode: "USD", amount });

const settings = {
  EXCHANGE_REFRESH: "false",
  LOG_LEVEL: "warn",
  CORE_JOURNAL_ONLINE_ENTRIES: String(onlineEntries),
};

let folder: string;
let portOffset: number;
let stack: Stack;
let holdfast: Holdfast;

/** The same system again, on whatever lies in the folder. */
async function start(): Promise<void> {
  stack = await startStack({
    dataFolder: join(folder, "data"),
    portOffset,
    services: ["core", "exchange"],
    environment: { ...plainEnvironment(), ...secrets, ...settings },
    readyWithinMs,
  });
  holdfast = createHoldfast({
    urls: { core: `http://127.0.0.1:${stack.ports.core}` },
    token: signedTokens({ secret: secrets.JWT_SECRET }),
  });
}

async function stop(): Promise<void> {
  holdfast?.close();
  await stack?.stop();
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-drill-"));
  portOffset = await findFreePortOffset();
  await start();
});
after(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A charge that was acknowledged. */
interface Acknowledged {
  readonly accountId: string;
  readonly idempotencyKey: string;
  readonly sequence: bigint;
  readonly available: string | undefined;
}

const charge = ({ accountId, idempotencyKey }: Pick<Acknowledged, "accountId" | "idempotencyKey">) =>
  holdfast.core.charge({
    accountId,
    idempotencyKey,
    price: { case: "amount", value: { money: usd("0.01") } },
  });

/**
 * Charges all accounts until told to stop, the first one once, whose journal would grow into another file; remembers
 * what was acknowledged.
 */
async function chargeUntil(isOver: () => boolean, acknowledged: Acknowledged[]): Promise<void> {
  await Promise.all(
    accounts.map(async (accountId) => {
      do {
        const idempotencyKey = randomUUID();
        const { transaction, balance } = await charge({ accountId, idempotencyKey });
        const available = balance?.available?.amount;
        acknowledged.push({ accountId, idempotencyKey, sequence: transaction?.sequence ?? 0n, available });
      } while (!isOver() && accountId !== accounts[0]);
    }),
  );
}

/** The number of accounts, and those of them that are not consistent. */
async function verifyLedger(): Promise<{ checked: number; faulty: string[] }> {
  const faulty: string[] = [];
  let checked = -1;
  for await (const { event } of holdfast.core.verifyLedger({})) {
    if (event.case === "account") faulty.push(event.value.accountId);
    if (event.case === "summary") checked = Number(event.value.accountsChecked);
  }
  return { checked, faulty };
}

const consistent = { checked: accounts.length, faulty: [] };

/** Makes the first account's journal so long that its oldest entries go to a file; Core looks when it starts. */
async function archiveEntries(): Promise<void> {
  const lines = Array.from({ length: onlineEntries }, (_, line) => ({
    accountId: accounts[0]!,
    idempotencyKey: `archived-${line}`,
    price: { case: "amount" as const, value: { money: usd("0.01") } },
  }));
  await holdfast.core.chargeBatch({ charges: lines }, { timeoutMs: 120_000, attemptTimeoutMs: 60_000 });
  await stack.restart("core");
  const files = () => readdirSync(join(targets().dataFolder, "journal"), { recursive: true }).map(String);
  const isArchive = (name: string) => name.includes("/") && !name.endsWith(".part");
  await eventually(() => assert.ok(files().some(isArchive), "nothing is archived yet"), readyWithinMs);
}

const backup = () => join(folder, "backup");
const targets = () => ({
  redisFolder: join(folder, "data/redis"),
  dataFolder: join(folder, "data/services"),
});

test("a backup taken under load, restored on an empty machine, is the ledger of that moment and charges nothing twice", async () => {
  const acknowledged: Acknowledged[] = [];
  for (const accountId of accounts) {
    await holdfast.core.createAccount({ accountId, currencyCode: "USD" });
    await holdfast.core.credit({ accountId, amount: usd("100"), source: "admin" });
  }
  await archiveEntries();
  const source = { redisUrl: stack.environment.REDIS_URL ?? "", dataFolder: targets().dataFolder };
  let isOver = false;
  const charging = chargeUntil(() => isOver, acknowledged);
  const isCharged = (accountId: string) => acknowledged.some((each) => each.accountId === accountId);
  await eventually(
    () => assert.ok(acknowledged.length > 50 && accounts.every(isCharged), "too few are acknowledged"),
    readyWithinMs,
  );
  const acknowledgedBefore = acknowledged.length;
  const { journalFiles } = await takeBackup(source, backup());
  assert.equal(journalFiles, 1);
  const acknowledgedDuring = acknowledged.length;
  await eventually(() => assert.ok(acknowledged.length > acknowledgedDuring + 50), readyWithinMs);
  isOver = true;
  await charging;

  await stop();
  renameSync(join(folder, "data"), join(folder, "lost"));
  await restoreBackup(backup(), targets());
  await start();

  assert.deepEqual(await verifyLedger(), consistent);
  const byEntry = new Map(acknowledged.map((each) => [`${each.accountId} ${each.sequence}`, each]));
  for (const accountId of accounts) {
    const { balance } = await holdfast.core.getBalance({ accountId });
    const last = byEntry.get(`${accountId} ${balance?.sequence}`);
    assert.equal(balance?.available?.amount, last?.available, "what was acknowledged with that entry");
  }
  const archived = await charge({ accountId: accounts[0]!, idempotencyKey: "archived-0" });
  assert.equal(archived.idempotentReplay, true, "answered from the archive");
  // The last calls before the backup, and all since.
  const lastBefore = acknowledged.slice(acknowledgedBefore - 50, acknowledgedBefore);
  for (const each of lastBefore)
    assert.equal((await charge(each)).idempotentReplay, true, "acknowledged before: not charged again");
  const since = acknowledged.slice(acknowledgedBefore);
  const replays: boolean[] = [];
  for (const each of since) replays.push((await charge(each)).idempotentReplay);
  assert.equal(replays.at(-1), false, "acknowledged after it: charged by the repetition");
  for (const each of since.slice(-50)) assert.equal((await charge(each)).idempotentReplay, true);
  for (const accountId of accounts) {
    const batch = accountId === accounts[0] ? onlineEntries : 0;
    const charges = batch + acknowledged.filter((each) => each.accountId === accountId).length;
    const { balance } = await holdfast.core.getBalance({ accountId });
    assert.equal(Number(balance?.spent?.amount), charges / 100, "each charge once");
  }
  assert.deepEqual(await verifyLedger(), consistent);
});

test("the server from before the restore is not served when it comes back by mistake", async () => {
  await stack.kill("redis");
  renameSync(targets().redisFolder, join(folder, "restored"));
  renameSync(join(folder, "lost/redis"), targets().redisFolder);
  await stack.restart("redis");
  await eventually(async () => {
    const page = await fetch(`http://127.0.0.1:${stack.ports.core}/readyz`);
    assert.match(await page.text(), /its epoch is 1 where 1001 was seen/);
    assert.equal(page.status, 503);
  }, readyWithinMs);
  const refused = charge({ accountId: accounts[0]!, idempotencyKey: "too-late" });
  await assert.rejects(refused, { reason: "STORE_UNAVAILABLE" });

  await stack.kill("redis");
  renameSync(targets().redisFolder, join(folder, "lost/redis"));
  renameSync(join(folder, "restored"), targets().redisFolder);
  await stack.restart("redis");
  await stack.waitUntilReady(["core"]);
  assert.deepEqual(await verifyLedger(), consistent);
});

test("a lost folder of the archive is found by VerifyLedger, stops no charge, and comes back from a backup", async () => {
  const journal = join(targets().dataFolder, "journal");
  renameSync(journal, join(folder, "lost-journal"));
  assert.deepEqual((await verifyLedger()).faulty, [accounts[0]]);
  await charge({ accountId: accounts[0]!, idempotencyKey: "without-archive" });
  cpSync(join(backup(), "journal"), journal, { recursive: true });
  assert.deepEqual(await verifyLedger(), consistent);
});

test("a backup never overwrites data, and a damaged one is not restored", async () => {
  await assert.rejects(restoreBackup(backup(), targets()), /nothing is overwritten/);
  const elsewhere = { redisFolder: join(folder, "else/redis"), dataFolder: join(folder, "else/services") };
  truncateSync(join(backup(), "redis.rdb"), 1_000);
  await assert.rejects(restoreBackup(backup(), elsewhere), /redis\.rdb is damaged/);
  assert.equal(readManifest(backup()).epoch + restoreEpochStep, 1_001);
  rmSync(join(backup(), "manifest.json"));
  await assert.rejects(restoreBackup(backup(), elsewhere), /no whole backup/);
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { JournalArchive } from "../../store/archive/journal-archive.ts";
import type { FunctionCall } from "../../store/function-call.ts";
import { JournalReader } from "../../store/journal-reader.ts";
import { accountKeys } from "../../store/keys.ts";
import type { LedgerStore } from "../../store/ledger-store.ts";
import { encodeTransactionId } from "../resource-id.ts";
import type { TestLedger } from "../testing/test-ledger.ts";
import { AccountVerifier } from "../verification/account-verifier.ts";
import { archiveLongJournals } from "./archive-campaign.ts";
import { JournalArchiver } from "./journal-archiver.ts";
import { type ArchivingLedger, startArchivingLedger } from "./testing/archiving-ledger.ts";

const limits = { onlineEntries: 40, entriesPerFile: 15 };
const calm = new AbortController().signal;
let archiving: ArchivingLedger;
let folder: string;
let ledger: TestLedger;
let archive: JournalArchive;
let archiver: JournalArchiver;
let reader: JournalReader;

before(async () => {
  archiving = await startArchivingLedger(limits);
  ({ folder, ledger, archive, archiver } = archiving);
  reader = new JournalReader(ledger.store, archive);
});
after(async () => {
  await archiving?.stop();
});

const transactionId = (accountId: string, sequence: number) => encodeTransactionId({ accountId, sequence });

/** An account with 102 entries: credits, charges, holds that end at once and holds that stay. */
async function longAccount(): Promise<string> {
  const accountId = `long-${randomUUID()}`;
  await ledger.create(accountId);
  await ledger.credit(accountId, 10_000n, { externalReference: "first" });
  for (let round = 0; round < 25; round++) {
    await ledger.charge(accountId, 1n);
    await ledger.reserve(accountId, 2n);
    const { reservation } = await ledger.reserve(accountId, 3n);
    await ledger.release(reservation.reservationId);
  }
  return accountId;
}

/** What a reader sees of each entry, whether it is online or not. */
async function readAll(accountId: string): Promise<string[]> {
  const texts: string[] = [];
  for (let sequence = 1; sequence <= 102; sequence++) {
    const { transaction } = await ledger.transactions.get(transactionId(accountId, sequence));
    texts.push(`${transaction.sequence} ${transaction.type} ${transaction.balanceAfter.availableAtoms}`);
  }
  return texts;
}

async function onlineEntries(accountId: string): Promise<number> {
  return ledger.command<number>("LLEN", accountKeys(accountId).journal);
}

async function assertWhole(accountId: string, expected: readonly string[]): Promise<void> {
  assert.deepEqual(await readAll(accountId), expected, "every entry is there once");
  const { faults } = await new AccountVerifier(ledger.store, archive).verify(accountId, calm);
  assert.deepEqual(faults, []);
}

describe("a long journal", () => {
  test("goes to files but for half of what may be online, and reads as before", async () => {
    const accountId = await longAccount();
    const before = await readAll(accountId);
    assert.equal(await archiver.archive(accountId, calm), 82);
    assert.equal(await onlineEntries(accountId), 20);
    await assertWhole(accountId, before);
    assert.equal(await archiver.archive(accountId, calm), 0, "a short journal stays");
  });

  test("is read by ranges across the base, from either end", async () => {
    const accountId = await longAccount();
    await archiver.archive(accountId, calm);
    const found: number[] = [];
    while (found.length < 102) {
      const range = { fromSequence: found.length + 1, toSequence: 102, newestFirst: false };
      const { entries } = await reader.readEntries(accountId, range);
      assert.ok(entries.length > 0);
      found.push(...entries.map(({ sequence }) => sequence));
    }
    assert.deepEqual(
      found,
      Array.from({ length: 102 }, (_, index) => index + 1),
    );
    const newest = await reader.readEntries(accountId, {
      fromSequence: 10,
      toSequence: 70,
      newestFirst: true,
    });
    assert.equal(newest.entries.at(-1)?.sequence, 70);
  });

  test("is found among all accounts; one that does not add up stays online and stops no other", async () => {
    const [good, bad] = [await longAccount(), await longAccount()];
    const { journal } = accountKeys(bad);
    const fields = (await ledger.command<string>("LINDEX", journal, "20")).split("\u001f");
    await ledger.command("LSET", journal, "20", fields.with(4, "7").join("\u001f"));
    const errors: unknown[] = [];
    const options = {
      redis: ledger.redis,
      archiver,
      onlineEntries: 40,
      onError: (error: unknown) => errors.push(error),
    };
    await archiveLongJournals(options, calm);
    assert.equal(await onlineEntries(good), 20);
    assert.ok(errors.some((error) => String(error).includes(bad)));
    assert.equal(await onlineEntries(bad), 102 - 15, "only what is right went to a file");
  });
});

/** An archiver whose store fails at archive_entries, before or after it ran. */
function failingArchiver(moment: "before" | "after"): JournalArchiver {
  const { store } = ledger;
  const run = async <T>(call: FunctionCall<T>): Promise<T> => {
    if (call.name !== "archive_entries") return store.run(call);
    if (moment === "after") await store.run(call);
    throw new Error("killed");
  };
  return new JournalArchiver({ run } as LedgerStore, archive, limits);
}

async function filesOf(accountId: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const owned: string[] = [];
  for (const file of all.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name);
    const listed = await ledger.command("ZSCORE", accountKeys(accountId).archive, file.name);
    if (listed !== null) owned.push(path);
  }
  return owned;
}

describe("archiving that is cut short", () => {
  for (const moment of ["before", "after"] as const) {
    test(`${moment} the list was trimmed loses nothing and has nothing twice`, async () => {
      const accountId = await longAccount();
      const before = await readAll(accountId);
      await assert.rejects(failingArchiver(moment).archive(accountId, calm), /killed/);
      await assertWhole(accountId, before);
      await archiver.archive(accountId, calm);
      await assertWhole(accountId, before);
      assert.equal(await onlineEntries(accountId), 20);
    });
  }

  test("while a file was written leaves nothing behind that counts", async () => {
    const accountId = await longAccount();
    const before = await readAll(accountId);
    await assert.rejects(failingArchiver("before").archive(accountId, calm), /killed/);
    const [name] = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".gz"));
    const unfinished = join(folder, `${name}.part`);
    await writeFile(unfinished, "half a fi");
    await archiver.archive(accountId, calm);
    await assertWhole(accountId, before);
  });

  test("by another that does the same at the same time", async () => {
    const accountId = await longAccount();
    const before = await readAll(accountId);
    await Promise.allSettled([archiver.archive(accountId, calm), archiver.archive(accountId, calm)]);
    await archiver.archive(accountId, calm);
    await assertWhole(accountId, before);
  });
});

describe("an archive file", () => {
  const harms: ReadonlyArray<[string, (path: string) => Promise<unknown>]> = [
    [
      "that is damaged",
      async (path) => {
        const bytes = await readFile(path);
        bytes[bytes.length >> 1]! ^= 1;
        await writeFile(path, bytes);
      },
    ],
    ["that is missing", (path) => rm(path)],
    ["that is cut off", async (path) => writeFile(path, (await readFile(path)).subarray(0, 100))],
  ];
  for (const [name, harm] of harms) {
    test(`${name} is found by verification`, async () => {
      const accountId = await longAccount();
      await archiver.archive(accountId, calm);
      const [path] = await filesOf(accountId);
      await harm(path!);
      const { faults } = await new AccountVerifier(ledger.store, archive).verify(accountId, calm);
      assert.match(faults[0]?.found ?? "", /archive file .* (is damaged|can't be read)/);
    });
  }
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JournalArchive } from "../../../store/archive/journal-archive.ts";
import { LedgerStore } from "../../../store/ledger-store.ts";
import { ledgerOf, startTestLedger, type TestLedger } from "../../testing/test-ledger.ts";
import { type ArchiveLimits, JournalArchiver } from "../journal-archiver.ts";

/** A ledger on a private Redis with an archive in a folder of its own. */
export interface ArchivingLedger {
  readonly ledger: TestLedger;
  readonly folder: string;
  readonly archive: JournalArchive;
  readonly archiver: JournalArchiver;
  stop(): Promise<void>;
}

/** Starts one; nothing is archived before a test says so. */
export async function startArchivingLedger(limits: ArchiveLimits): Promise<ArchivingLedger> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-archive-"));
  const started = await startTestLedger();
  const archive = new JournalArchive(new LedgerStore(started.redis), folder);
  const store = new LedgerStore(started.redis, Date.now, archive);
  return {
    ledger: { ...ledgerOf(started, store, archive), store },
    folder,
    archive,
    archiver: new JournalArchiver(store, archive, limits),
    stop: async () => {
      await started.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

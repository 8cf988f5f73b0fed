/**
 * Lays a backup down for a Redis and a Core that are not running:
 *
 *   node tools/backup/restore.ts <backup> <Redis' dir> <Core's DATA_DIR>
 *
 * Nothing is overwritten: both must be empty of data. Start Redis on it (with `appendonly yes`), then the services.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BackupManifest, backupFiles, readManifest, sha256Of } from "./manifest.ts";

/** Where to. */
export interface RestoreTarget {
  /** The directive `dir` of the Redis to be started; `appendonlydir` and `appendonly.aof` are its defaults. */
  readonly redisFolder: string;
  readonly dataFolder: string;
}

/**
 * A ledger's epoch rises by one with each failover. A restored one begins this much above: whoever has seen the
 * state from before, or finds that server come back, knows which of the two is the older.
 */
export const restoreEpochStep = 1_000;

/**
 * @throws Error if the backup is damaged or there are data at the target; nothing is written then.
 */
export async function restoreBackup(folder: string, target: RestoreTarget): Promise<BackupManifest> {
  const manifest = readManifest(folder);
  const redisPath = join(folder, backupFiles.redis);
  if ((await sha256Of(redisPath)) !== manifest.redisSha256) throw new Error(`${redisPath} is damaged`);
  const appendOnlyFolder = join(target.redisFolder, "appendonlydir");
  const journalFolder = join(target.dataFolder, "journal");
  for (const taken of [appendOnlyFolder, journalFolder, join(target.redisFolder, "dump.rdb")])
    if (existsSync(taken)) throw new Error(`there is ${taken}: move it away first, nothing is overwritten`);
  const backedUp = join(folder, backupFiles.journal);
  const files = readdirSync(backedUp, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  if (files.length !== manifest.journalFiles)
    throw new Error(`${backedUp} has ${files.length} files instead of ${manifest.journalFiles}`);

  cpSync(backedUp, journalFolder, { recursive: true });
  mkdirSync(appendOnlyFolder, { recursive: true, mode: 0o700 });
  // Redis 7 and Valkey keep the append-only file in parts: a dump, what was written since, and their list.
  const part = (number: string) => join(appendOnlyFolder, `appendonly.aof.1.${number}`);
  cpSync(redisPath, part("base.rdb"));
  writeFileSync(part("incr.aof"), raiseEpochs(manifest), { flush: true, mode: 0o600 });
  const list = "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
  writeFileSync(join(appendOnlyFolder, "appendonly.aof.manifest"), list, { flush: true, mode: 0o600 });
  return manifest;
}

/** Commands that Redis runs when it loads the data, as its append-only file has them. */
function raiseEpochs({ bucketTags, database, epoch }: BackupManifest): string {
  const value = String(epoch + restoreEpochStep);
  const commands = bucketTags.map((tag) => ["HSET", `{${tag}}:genesis`, "epoch", value]);
  return [["SELECT", String(database)], ...commands].map(encodeCommand).join("");
}

function encodeCommand(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join("")}`;
}

if (import.meta.main) {
  const [folder, redisFolder, dataFolder] = process.argv.slice(2);
  try {
    if (!folder || !redisFolder || !dataFolder)
      throw new Error("usage: node tools/backup/restore.ts <backup> <Redis' dir> <Core's DATA_DIR>");
    const { takenAt, ledgerId } = await restoreBackup(folder, { redisFolder, dataFolder });
    console.log(`Ledger ${ledgerId} as of ${takenAt}. Give the files to Redis' user if that is another one;`);
    console.log("start Redis, then the services; then follow docs/disaster.md, After a restore.");
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

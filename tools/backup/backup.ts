/**
 * Copies everything that Holdfast keeps, while it serves:
 *
 *   REDIS_URL=redis://… DATA_DIR=/data node tools/backup/backup.ts <new folder>
 *
 * First Redis, then the journal's archive: so every file that Redis names is in the copy. Without REDIS_URL it
 * is the stack of `make dev`.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bucketTags } from "#platform/redis/buckets.ts";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { secretsPath, stackDataFolder } from "../local/data-folders.ts";
import { parsePortOffset, resolvePorts } from "../local/ports.ts";
import { loadSecrets } from "../local/secrets.ts";
import { type BackupManifest, backupFiles, sha256Of } from "./manifest.ts";
import { writeRedisSnapshot } from "./redis-snapshot.ts";

/** Where to copy from. */
export interface BackupSource {
  /** One server: of a cluster, one primary. */
  readonly redisUrl: string;
  /** Core's DATA_DIR. */
  readonly dataFolder: string;
}

/**
 * Makes a backup in a folder that does not exist yet.
 *
 * @throws Error if there is no ledger, or Redis gives no snapshot; the folder has no manifest then.
 */
export async function takeBackup(source: BackupSource, folder: string): Promise<BackupManifest> {
  const takenAt = new Date().toISOString();
  const facts = await readFacts(source.redisUrl);
  mkdirSync(folder, { recursive: false, mode: 0o700 });
  const redisPath = join(folder, backupFiles.redis);
  const redisBytes = await writeRedisSnapshot(source.redisUrl, redisPath);
  const journalFiles = copyJournal(join(source.dataFolder, "journal"), join(folder, backupFiles.journal));
  const manifest: BackupManifest = {
    format: 1,
    takenAt,
    ...facts,
    database: databaseOf(source.redisUrl),
    redisBytes,
    redisSha256: await sha256Of(redisPath),
    journalFiles,
  };
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  writeFileSync(join(folder, backupFiles.manifest), text, { flush: true, mode: 0o600 });
  return manifest;
}

async function readFacts(redisUrl: string) {
  const redis = await connectRedis({ urls: [redisUrl], name: "holdfast-backup" });
  try {
    const [info] = await redis.onEveryPrimary<string>(["INFO", "server"]);
    const redisVersion = /^(?:valkey|redis)_version:(\S+)/m.exec(info ?? "")?.[1] ?? "unknown";
    const found = (await Promise.all(bucketTags.map((tag) => readBucket(redis, tag)))).flat();
    const [first] = found;
    if (first === undefined) throw new Error("there is no ledger on this server");
    const epoch = Math.max(...found.map((bucket) => bucket.epoch));
    return { ledgerId: first.ledgerId, epoch, bucketTags: found.map(({ tag }) => tag), redisVersion };
  } finally {
    await redis.close();
  }
}

async function readBucket(redis: Redis, tag: string) {
  const key = `{${tag}}:genesis`;
  const [ledgerId, epoch] = await redis.command<Array<string | null>>(key, [
    "HMGET",
    key,
    "ledgerId",
    "epoch",
  ]);
  return ledgerId ? [{ tag, ledgerId, epoch: Number(epoch) }] : [];
}

/** Files never change once they have their name; unfinished ones say nothing. */
function copyJournal(from: string, to: string): number {
  mkdirSync(to, { mode: 0o700 });
  if (!existsSync(from)) return 0;
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith(".part") });
  return readdirSync(to, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}

function databaseOf(redisUrl: string): number {
  return redisUrl.startsWith("unix:") ? 0 : Number(new URL(redisUrl).pathname.slice(1) || 0);
}

function sourceFrom(environment: NodeJS.ProcessEnv): BackupSource {
  if (environment.REDIS_URL) {
    if (!environment.DATA_DIR) throw new Error("DATA_DIR must name Core's folder");
    return { redisUrl: environment.REDIS_URL, dataFolder: environment.DATA_DIR };
  }
  const { REDIS_PASSWORD = "" } = loadSecrets(secretsPath, environment);
  const { redis } = resolvePorts(parsePortOffset(environment.PORT_OFFSET), environment);
  const redisUrl = `redis://:${encodeURIComponent(REDIS_PASSWORD)}@127.0.0.1:${redis}`;
  return { redisUrl, dataFolder: join(stackDataFolder, "services") };
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  try {
    if (!folder) throw new Error("usage: node tools/backup/backup.ts <new folder>");
    const manifest = await takeBackup(sourceFrom(process.env), folder);
    const megabytes = (manifest.redisBytes / 1e6).toFixed(1);
    console.log(
      `${folder}: ${megabytes} MB of Redis, ${manifest.journalFiles} files of the journal's archive`,
    );
    console.log(
      `Everything acknowledged before ${manifest.takenAt} is in it. It holds all accounts: encrypt it.`,
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

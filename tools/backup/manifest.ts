import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";

/** Names in a backup's folder. */
export const backupFiles = { redis: "redis.rdb", journal: "journal", manifest: "manifest.json" } as const;

/** What a backup is; written last, so that a folder without one is no backup. */
export interface BackupManifest {
  readonly format: 1;
  /** When it was begun; everything acknowledged before is in it. */
  readonly takenAt: string;
  readonly ledgerId: string;
  /** Highest epoch of the ledger's buckets. */
  readonly epoch: number;
  /** Tags of the buckets that this server holds; all 256 unless it is part of a cluster. */
  readonly bucketTags: readonly string[];
  /** Number of the database on the server. */
  readonly database: number;
  readonly redisVersion: string;
  readonly redisBytes: number;
  readonly redisSha256: string;
  readonly journalFiles: number;
}

/** Reads a backup's manifest. @throws Error if the folder is no backup or one of another kind. */
export function readManifest(folder: string): BackupManifest {
  let manifest: BackupManifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, backupFiles.manifest), "utf8")) as BackupManifest;
  } catch (error) {
    throw new Error(`${folder} is no whole backup: it has no manifest that can be read`, { cause: error });
  }
  if (manifest.format !== 1) throw new Error(`${folder} is a backup of another format, ${manifest.format}`);
  return manifest;
}

/** SHA-256 of a file, in hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/**
 * A lock between processes of one machine, held in a file that names its owner.
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 200;

/**
 * Takes the lock, or returns the process id of its living owner. The lock of a process that no longer runs is
 * taken over. It is given back with `releaseLock`.
 */
export function takeLock(lockPath: string): number | undefined {
  for (;;) {
    if (tryLock(lockPath)) {
      return undefined;
    }
    const owner = readOwner(lockPath);
    if (owner !== undefined && isProcessAlive(owner)) {
      return owner;
    }
    rmSync(lockPath, { force: true });
  }
}

/** Deletes the lock if this process holds it. */
export function releaseLock(lockPath: string): void {
  if (readOwner(lockPath) === process.pid) {
    rmSync(lockPath, { force: true });
  }
}

/** The living process that holds the lock. */
export function findLockOwner(lockPath: string): number | undefined {
  const owner = readOwner(lockPath);
  return owner !== undefined && isProcessAlive(owner) ? owner : undefined;
}

/**
 * Runs `work` while no other process holds `lockPath`; waits for the holder at most `waitMs`. Two waiters may
 * take over the same dead lock at once, so `work` must stay correct (only slower) when it runs twice: stage
 * privately and rename at the end.
 *
 * @throws Error if the holder still runs after `waitMs`.
 */
export async function withExclusiveLock<T>(
  lockPath: string,
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (let owner = takeLock(lockPath); owner !== undefined; owner = takeLock(lockPath)) {
    if (Date.now() > deadline) {
      throw new Error(`process ${owner} still holds ${lockPath}; end it or delete that file`);
    }
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    releaseLock(lockPath);
  }
}

/** Whether a process of this id runs; also true for one of another user. */
function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Links a complete file into place, so that nobody ever reads a lock without its owner. */
function tryLock(lockPath: string): boolean {
  const draftPath = `${lockPath}.${process.pid}`;
  writeFileSync(draftPath, `${process.pid}\n`);
  try {
    linkSync(draftPath, lockPath);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return false;
    }
    throw error;
  } finally {
    rmSync(draftPath, { force: true });
  }
}

function readOwner(lockPath: string): number | undefined {
  try {
    const owner = Number.parseInt(readFileSync(lockPath, "utf8"), 10);
    return Number.isInteger(owner) && owner > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Deletes the data of the local stack: accounts, ledger, prices and everything else it keeps.
 *
 *   node tools/local/reset.ts
 */
import { existsSync, rmSync } from "node:fs";
import { developmentLockPath, stackDataFolder } from "./data-folders.ts";
import { findLockOwner } from "./exclusive-lock.ts";

const owner = findLockOwner(developmentLockPath);
if (owner !== undefined) {
  process.stderr.write(
    `The stack runs here (process ${owner}). Stop it first with Ctrl-C; nothing was deleted.\n`,
  );
  process.exitCode = 1;
} else if (existsSync(stackDataFolder)) {
  process.stdout.write(
    `Deleting ${stackDataFolder}: the local stack's Redis and service data. .env stays.\n`,
  );
  rmSync(stackDataFolder, { recursive: true });
} else {
  process.stdout.write("The local stack has no data here.\n");
}

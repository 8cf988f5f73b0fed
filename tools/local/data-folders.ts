/**
 * Where this checkout keeps its state; all of it is ignored by git.
 */
import { join, resolve } from "node:path";

const repositoryFolder: string = resolve(import.meta.dirname, "../..");

/** Data of the stack that `make dev` runs: Redis' and the services'. `make reset` deletes it. */
export const stackDataFolder: string = join(repositoryFolder, ".data/stack");

/** Names the process of the running `make dev`. */
export const developmentLockPath: string = join(repositoryFolder, ".data/dev.pid");

/** The secrets of this checkout. */
export const secretsPath: string = join(repositoryFolder, ".env");

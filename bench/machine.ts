import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
import { findTestServer } from "#platform/testing/named-server.ts";
import { readRedisServerVersion } from "#platform/testing/redis-binary.ts";
import { type AppendSync, chosenAppendSync } from "./append-sync.ts";

/** Where and with what something was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly redis: string;
  /** How the stacks of the benchmarks sync their append-only file, unless a part says otherwise. */
  readonly appendfsync: AppendSync;
  /** Of the sources; `+` if there are changes besides. */
  readonly commit: string;
  /** Processes that wanted a CPU in the last minute, before the measurement. */
  readonly loadBefore: number;
}

/** This machine, now. */
export function describeMachine(): Machine {
  const version = readRedisServerVersion(findTestServer());
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    redis: `${version?.product} ${version?.version}`,
    appendfsync: chosenAppendSync(),
    commit: readCommit(),
    loadBefore: loadNow(),
  };
}

/** Processes that wanted a CPU in the last minute. */
export function loadNow(): number {
  return Number((loadavg()[0] ?? 0).toFixed(1));
}

function readCommit(): string {
  const git = (...parameters: string[]) =>
    execFileSync("git", parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}

/**
 * Fetches promtool and amtool, which check what `deploy/prometheus` ships, into `.data/prometheus-tools`, without
 * root, from the distribution's packages. They are programs without libraries of their own.
 *
 *   node tools/local/fetch-prometheus-tools.ts
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withExclusiveLock } from "./exclusive-lock.ts";
import { hasApt, openPrivateApt } from "./private-apt.ts";

/** A tool, its package, and the variable that names another place of it. */
const tools = {
  promtool: { package: "prometheus", variable: "PROMTOOL" },
  amtool: { package: "prometheus-alertmanager", variable: "AMTOOL" },
} as const;

/** One of the tools. */
export type PrometheusTool = keyof typeof tools;

const folder = join(import.meta.dirname, "../../.data/prometheus-tools");
const lockWaitMs = 600_000;

/**
 * Path of a tool: what its variable (`PROMTOOL`, `AMTOOL`) names, else the one on PATH, else the fetched one.
 * Safe to run twice and concurrently.
 *
 * @throws Error with one line on what is missing and what to do.
 */
export async function ensurePrometheusTool(tool: PrometheusTool): Promise<string> {
  const fetched = join(folder, tool);
  const candidates = [process.env[tools[tool].variable], tool, fetched];
  const find = () => candidates.find((path) => path !== undefined && isThere(path));
  const found = find();
  if (found !== undefined) return found;
  if (process.platform !== "linux" || !hasApt())
    throw new Error(cannotFetch(tool, "this machine has no apt"));
  mkdirSync(folder, { recursive: true });
  return withExclusiveLock(join(folder, "fetch.lock"), lockWaitMs, async () => {
    if (find() === undefined) fetchTool(tool, fetched);
    return fetched;
  });
}

function isThere(path: string): boolean {
  return spawnSync(path, ["--version"], { stdio: "ignore" }).status === 0;
}

function cannotFetch(tool: PrometheusTool, reason: string): string {
  return `${tool} can't be fetched: ${reason}. Set ${tools[tool].variable} to the path of one`;
}

/** Fetches beside the final place; what is there is never half written. */
function fetchTool(tool: PrometheusTool, target: string): void {
  const packageName = tools[tool].package;
  const workFolder = join(folder, `work-${tool}-${process.pid}`);
  try {
    const apt = openPrivateApt(join(workFolder, "apt"));
    apt.update();
    if (apt.findVersion(packageName) === undefined)
      throw new Error(cannotFetch(tool, `the package sources here offer no ${packageName}`));
    apt.unpack([packageName], join(workFolder, "files"));
    renameSync(join(workFolder, "files/usr/bin", tool), target);
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  try {
    for (const tool of Object.keys(tools) as PrometheusTool[])
      process.stdout.write(`${await ensurePrometheusTool(tool)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

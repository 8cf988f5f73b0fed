import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Whether this system shows its processes and connections as Linux does. */
export const hasProcFolder: boolean = existsSync("/proc/self/stat");

/** Linux counts CPU time in hundredths of a second. */
const msPerTick = 10;

/** CPU time that a process has used so far, in milliseconds: its own and the kernel's for it. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name of the program comes second and may hold anything; the fields begin after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

/** The share of one core that each process uses, measured over a time of quiet. */
export async function coreShareOf(pids: readonly number[], overMs: number): Promise<number[]> {
  const before = pids.map(cpuMsOf);
  const startedAtMs = performance.now();
  await pause(overMs);
  const elapsedMs = performance.now() - startedAtMs;
  return pids.map((pid, index) => (cpuMsOf(pid) - before[index]!) / elapsedMs);
}

/** States of TCP that are no connection (any more). */
const withoutConnection = new Set(["06", "0A"]);

/** How many connections a local port has accepted and not yet given up, half-closed ones included. */
export function countConnections(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const [, ...rows] = readFileSync("/proc/net/tcp", "latin1").trim().split("\n");
  return rows.filter((row) => {
    const [, local = "", , state = ""] = row.trim().split(/\s+/);
    return local.endsWith(suffix) && !withoutConnection.has(state);
  }).length;
}

/** The processes whose environment has this text in it. */
export function processesWithEnvironment(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(text);
      } catch {
        // Ended meanwhile, or another user's.
        return false;
      }
    });
}

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
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

/**
 * How many connections a local port has accepted and not yet given up, half-closed ones included, whose other end is
 * none of these processes: what strangers hold open there. Processes of one system open and close connections among
 * themselves as they need them.
 */
export function countConnectionsFromOutside(port: number, insidePids: readonly number[]): number {
  const inside = new Set(insidePids.flatMap(socketsOf));
  const rows = readFileSync("/proc/net/tcp", "latin1").trim().split("\n").slice(1);
  const connections = rows.map((row) => {
    const [, local = "", remote = "", state = "", , , , , , socket = ""] = row.trim().split(/\s+/);
    return { local, remote, state, socket };
  });
  const otherEnds = new Map(connections.map(({ local, remote, socket }) => [`${local} ${remote}`, socket]));
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return connections.filter(
    ({ local, remote, state }) =>
      local.endsWith(suffix) &&
      !withoutConnection.has(state) &&
      !inside.has(otherEnds.get(`${remote} ${local}`) ?? "0"),
  ).length;
}

/** The numbers of the sockets that a process holds open. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1] ?? [];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
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

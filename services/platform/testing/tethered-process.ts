/**
 * Child processes that never outlive their parent, not even when the parent is killed with SIGKILL.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

/** How to start a child, and what happens to it when the parent is gone. */
export interface TetherOptions {
  cwd?: string;
  environment?: NodeJS.ProcessEnv;
  /** `terminate` sends SIGTERM and, if that does not end it within 10 s, SIGKILL. Default `kill`: at once. */
  onParentLoss?: "kill" | "terminate";
  /** Folder to delete once the orphaned child is dead. */
  deleteOnParentLoss?: string;
}

/** A running child; its process id is that of the command itself. */
export interface TetheredProcess {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Whether the process still runs. */
  isRunning(): boolean;
  /** Sends a signal; does nothing once the process has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended; keeps this process alive meanwhile. */
  waitForExit(): Promise<ProcessExit>;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when the process has ended. */
  terminate(graceMs: number): Promise<ProcessExit>;
}

/** How a process ended: a code, or the signal that ended it. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * Leaves a watcher behind and becomes the command (so the process id stays). The watcher reads a pipe that
 * only the parent writes: a line means "the command has ended", end of file means "the parent is gone".
 */
const tetherScript = `
signal=$1 folder=$2; shift 2
(
  read -r line <&3 && exit
  if [ "$signal" = TERM ]; then
    kill -s TERM $$
    tries=100
    while [ $tries -gt 0 ] && kill -0 $$; do sleep 0.1; tries=$((tries - 1)); done
  fi
  kill -0 $$ && kill -s KILL $$
  [ -z "$folder" ] || rm -rf -- "$folder"
) >/dev/null 2>&1 &
exec 3<&-
exec "$@"
`;

/**
 * Starts a command in a session of its own, so that Ctrl-C in the terminal reaches the parent alone and the
 * parent decides the order of stopping. An unawaited child does not keep the parent's event loop running.
 *
 * @throws Error if no process could be created (a command that is not found exits with code 127).
 */
export function spawnTethered(
  command: string,
  parameters: readonly string[],
  options: TetherOptions = {},
): TetheredProcess {
  const signal = options.onParentLoss === "terminate" ? "TERM" : "KILL";
  const shellParameters = [
    "-c",
    tetherScript,
    "sh",
    signal,
    options.deleteOnParentLoss ?? "",
    command,
    ...parameters,
  ];
  const child = spawn("/bin/sh", shellParameters, {
    cwd: options.cwd,
    env: options.environment ?? process.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  if (child.pid === undefined) {
    child.on("error", () => {});
    throw new Error(`cannot start ${command}: no process could be created`);
  }
  releaseWatcherOnExit(child);
  return {
    pid: child.pid,
    stdout: child.stdout!,
    stderr: child.stderr!,
    isRunning: () => isRunning(child),
    signal: (name) => void (isRunning(child) && child.kill(name)),
    waitForExit: () => waitForExit(child),
    async terminate(graceMs) {
      const ended = waitForExit(child);
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      try {
        return await ended;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function waitForExit(child: ChildProcess): Promise<ProcessExit> {
  if (isRunning(child)) {
    child.ref();
    await once(child, "exit");
  }
  return { code: child.exitCode, signal: child.signalCode };
}

function releaseWatcherOnExit(child: ChildProcess): void {
  const tether = child.stdio[3] as Writable;
  // The watcher may be gone already; then there is nobody left to tell.
  tether.on("error", () => {});
  child.once("exit", () => tether.end("ended\n"));
  child.unref();
  for (const stream of child.stdio) {
    (stream as { unref?: () => void } | null)?.unref?.();
  }
}

import type { ProcessExit } from "./tethered-process.ts";

/** What a restartable process needs of the process it holds. */
interface Killable {
  signal(signal: NodeJS.Signals): void;
  waitForExit(): Promise<ProcessExit>;
}

/** A child of which a test kills one incarnation after the other. */
export interface RestartableProcess<P extends Killable> {
  /** The running process, or the last one if it was killed. */
  readonly current: P;
  /** How many times it was started. */
  readonly startCount: number;
  /** SIGKILL, which no process can answer; resolves when it has ended. */
  kill(): Promise<ProcessExit>;
  /** SIGKILL unless it has ended, then starts the next. */
  restart(): Promise<P>;
}

/** Starts a child; `start` is called again for each restart. */
export function startRestartable<P extends Killable>(start: () => P): RestartableProcess<P> {
  let current = start();
  let startCount = 1;
  const kill = () => {
    const ended = current.waitForExit();
    current.signal("SIGKILL");
    return ended;
  };
  return {
    get current() {
      return current;
    },
    get startCount() {
      return startCount;
    },
    kill,
    restart: async () => {
      await kill();
      current = start();
      startCount++;
      return current;
    },
  };
}

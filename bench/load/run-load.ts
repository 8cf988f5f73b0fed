import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cpuMsOf } from "../../e2e/testing/process-facts.ts";
import type { LoadJob, LoadResult } from "./load-job.ts";

/** What a load showed of the server. */
export interface Measurement extends LoadResult {
  readonly callsPerSecond: number;
  /** CPU of the serving process for one call in microseconds, its threads for compiling and memory included. */
  readonly cpuMicrosPerCall: number;
}

/** Makes a load from a process of its own and reads what CPU the server used meanwhile. */
export function runLoad(job: LoadJob, serverPid: number): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("load-process.ts", import.meta.url)));
    let cpuFromMs = 0;
    let cpuMs = 0;
    child.on("message", (message: "begin" | "end" | LoadResult) => {
      if (message === "begin") {
        cpuFromMs = cpuMsOf(serverPid);
        return;
      }
      if (message === "end") {
        cpuMs = cpuMsOf(serverPid) - cpuFromMs;
        return;
      }
      resolve({
        ...message,
        callsPerSecond: message.calls / message.seconds,
        cpuMicrosPerCall: (cpuMs * 1_000) / message.calls,
      });
    });
    child.once("exit", (code) => reject(new Error(`the load generator ended with ${code}`)));
    child.send(job);
  });
}

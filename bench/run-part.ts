import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { BenchPart } from "./parts.ts";

/** What a part said. */
export interface PartResult {
  readonly name: string;
  readonly seconds: number;
  readonly exitCode: number;
  /** Its report, line by line. */
  readonly report: readonly string[];
}

/** Twice what the longest part takes on two cores of their own. */
const longestMs = 1_800_000;

/** Runs a part in a process of its own, so that none warms or fills another's; shows its report as it comes. */
export async function runPart({ name, file }: BenchPart): Promise<PartResult> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, file)], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: longestMs,
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    process.stdout.write(chunk);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return {
    name,
    seconds: Math.round((performance.now() - startMs) / 1_000),
    exitCode: code ?? 1,
    report: text.trimEnd().split("\n"),
  };
}

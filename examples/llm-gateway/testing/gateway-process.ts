import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "#platform/testing/eventually.ts";
import { forEachLine } from "#platform/testing/for-each-line.ts";
import { spawnTethered, type TetheredProcess } from "#platform/testing/tethered-process.ts";

const startedWithinMs = 60_000;
const stopGraceMs = 5_000;

/** The gateway as a process of its own, on a free port. */
export async function startGatewayProcess(
  settings: NodeJS.ProcessEnv,
): Promise<{ readonly url: string; readonly process: TetheredProcess } & AsyncDisposable> {
  const child = spawnTethered(process.execPath, [join(import.meta.dirname, "../main.ts")], {
    environment: { PATH: process.env.PATH, GATEWAY_PORT: "0", ...settings },
  });
  const lines: string[] = [];
  forEachLine(child.stdout, (line) => lines.push(line));
  forEachLine(child.stderr, (line) => lines.push(line));
  const url = await eventually(() => {
    const found = /^gateway: (\S+)/m.exec(lines.join("\n"))?.[1];
    assert.ok(found, `no address in: ${lines.join("\n")}`);
    return found;
  }, startedWithinMs);
  const stop = async () => void (await child.terminate(stopGraceMs));
  return { url, process: child, [Symbol.asyncDispose]: stop };
}

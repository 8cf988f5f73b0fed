import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { openRawConnection } from "#platform/testing/raw-connection.ts";
import type { PortName } from "../../tools/local/ports.ts";
import type { TestStack } from "../testing/test-stack.ts";
import { fuzzedBytes } from "./fuzzed-requests.ts";
import { inBatches } from "./in-batches.ts";
import { assertNothingLeaks } from "./leaks.ts";

/** How long an answer is waited for; what the server waits for itself may take longer. */
const heardForMs = 150;

/** Sends so many fuzzed requests to a port, each on a connection of its own; what comes back must tell nothing. */
export async function fuzzPort(
  stack: TestStack,
  door: PortName,
  good: readonly Buffer[],
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<void> {
  const samples = fc.sample(fuzzedBytes(good), { seed, numRuns: count });
  await inBatches([...samples.entries()], async ([run, bytes]) => {
    const connection = await openRawConnection(stack.ports[door]);
    connection.socket.on("error", () => {});
    connection.socket.write(bytes);
    await Promise.race([connection.closed(heardForMs).catch(() => {}), pause(heardForMs)]);
    connection.socket.destroy();
    assertNothingLeaks(connection.received(), "", `${door}, seed ${seed}, run ${run}`);
  });
}

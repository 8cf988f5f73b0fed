import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that systems give to whoever asks for any and to outgoing calls, so that nobody gets one meanwhile
 * who did not ask for it; above those that `tools/local/ports.ts` guards for stacks.
 */
const spare = { first: 23_000, count: 9_000 } as const;
/** Several may be asked for before the first is opened. */
const given = new Set<number>();

/**
 * A port of 127.0.0.1 for a process that is about to start, and perhaps to end and to start again: it was free a moment
 * ago, and only others that are drawn here could take it.
 *
 * @throws Error if 50 random ones are all taken.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = spare.first + Math.floor(Math.random() * spare.count);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error("no TCP port could be opened on 127.0.0.1");
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
  try {
    await once(probe, "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}

import { whileListening } from "./while-listening.ts";

/** What a service's `/readyz` says. */
export interface ReadyPage {
  readonly version: string;
  /** Why it does not take calls; empty when it does. */
  readonly reasons: readonly string[];
}

const maxPageBytes = 64 << 10;
const maxReasons = 8;
const maxTextLength = 200;

/** Reads the page within the timeout; undefined if there is no such page, for whatever reason. */
export async function readReadyPage(baseUrl: string, timeoutMs: number): Promise<ReadyPage | undefined> {
  try {
    const page: unknown = JSON.parse(
      await whileListening(timeoutMs, async (signal) =>
        readText(await fetch(new URL("/readyz", baseUrl), { redirect: "error", signal })),
      ),
    );
    if (typeof page !== "object" || page === null) return undefined;
    const { version, reasons } = page as { version?: unknown; reasons?: unknown };
    if (typeof version !== "string" || !Array.isArray(reasons)) return undefined;
    return {
      version: version.slice(0, maxTextLength),
      reasons: reasons.slice(0, maxReasons).map((reason) => String(reason).slice(0, maxTextLength)),
    };
  } catch {
    return undefined;
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxPageBytes) throw new RangeError(`/readyz is larger than ${maxPageBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const pageTimeoutMs = 3_000;
const mostPageBytes = 4 << 20;

/**
 * Reads a service's /metrics.
 *
 * @throws Error if it does not answer in time, or with something else than a page of at most 4 MiB.
 */
export async function readMetricsPage(baseUrl: string): Promise<string> {
  const response = await fetch(new URL("/metrics", baseUrl), {
    redirect: "error",
    signal: AbortSignal.timeout(pageTimeoutMs),
  });
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostPageBytes) throw new RangeError(`/metrics is larger than ${mostPageBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

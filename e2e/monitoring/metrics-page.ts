/** The samples of a service's /metrics by name with labels, without the label `service`. */
export async function readMetricsPage(baseUrl: string): Promise<Map<string, string>> {
  const response = await fetch(`${baseUrl}/metrics`);
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      const series = line.slice(0, end).replace(/,?service="[a-z]+"/, "");
      return [series.replace("{}", ""), line.slice(end + 1)];
    }),
  );
}

/** Sum of the samples whose name begins so. */
export function sumOf(page: ReadonlyMap<string, string>, prefix: string): number {
  let sum = 0;
  for (const [series, value] of page) if (series.startsWith(prefix)) sum += Number(value);
  return sum;
}

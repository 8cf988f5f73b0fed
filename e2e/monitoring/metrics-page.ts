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

/** A metric with all its samples. */
export interface MetricFamily {
  /** "counter", "gauge" or "histogram". */
  readonly type: string;
  /** Names of the labels of all samples. */
  readonly labelNames: Set<string>;
  /** Lines of the page. */
  readonly samples: string[];
}

/** The metrics of a service's page by name, counters with their `_total`, also those without a sample yet. */
export async function readFamilies(baseUrl: string): Promise<Map<string, MetricFamily>> {
  const families = new Map<string, MetricFamily>();
  let current: MetricFamily | undefined;
  for (const line of (await (await fetch(`${baseUrl}/metrics`)).text()).split("\n")) {
    const declared = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (declared !== null) {
      const [, name = "", type = ""] = declared;
      const family = { type, labelNames: new Set<string>(), samples: [] };
      current = family;
      families.set(type === "counter" && !name.endsWith("_total") ? `${name}_total` : name, family);
    } else if (line !== "" && !line.startsWith("#") && current !== undefined) {
      current.samples.push(line);
      for (const [, label] of line.matchAll(/[{,]([a-z_]+)="/g)) current.labelNames.add(label!);
    }
  }
  return families;
}

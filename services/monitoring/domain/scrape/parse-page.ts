/** A sample of a page in the text format of Prometheus or OpenMetrics. */
export interface PageSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As it stands there: a number, "NaN" or "+Inf". */
  readonly value: string;
}

const samplePattern = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const escapes: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/** The samples of a page; lines that are none are left out, as are comments. */
export function parsePage(text: string): PageSample[] {
  return text.split("\n").flatMap((line) => {
    if (line === "" || line.startsWith("#")) return [];
    const match = samplePattern.exec(line);
    if (match === null) return [];
    const [, name, labels = "", value] = match;
    return [{ name: name!, labels: parseLabels(labels), value: value! }];
  });
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(labelPattern))
    labels[name!] = value!.replace(/\\[n"\\]/g, (found) => escapes[found]!);
  return labels;
}

import type { Labels } from "./label-matcher.ts";

const fnvOffset = 14_695_981_039_346_656_037n;
const fnvPrime = 1_099_511_628_211n;
/** No UTF-8 text has this byte. */
const separator = 255;

/**
 * Identity of a set of labels: 16 hexadecimal digits, as Prometheus and Alertmanager compute them (FNV-1a over
 * the sorted names and values; common/model `LabelSet.Fingerprint`).
 */
export function fingerprintOf(labels: Labels): string {
  let hash = fnvOffset;
  const take = (text: string) => {
    for (const byte of [...Buffer.from(text), separator])
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * fnvPrime);
  };
  for (const name of Object.keys(labels).sort()) {
    take(name);
    take(labels[name] ?? "");
  }
  return hash.toString(16).padStart(16, "0");
}

/** As Alertmanager writes labels: `{a="b", c="d"}`, sorted by name. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
  return `{${pairs.join(", ")}}`;
}

/** The labels that all of these have with the same value. */
export function commonLabels(sets: readonly Labels[]): Labels {
  const [first = {}, ...others] = sets;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}

/** A value that an action changed. */
export interface Change {
  /** Where it stands: "creditLimit.amount". */
  readonly path: string;
  /** Undefined where there was none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What differs between two JSON texts, in the order of the newer one; a text that is no JSON counts as one value. */
export function changesOf(beforeJson: string, afterJson: string): Change[] {
  const before = leavesOf(beforeJson);
  const after = leavesOf(afterJson);
  const paths = [...new Set([...after.keys(), ...before.keys()])];
  return paths
    .map((path) => ({ path, before: before.get(path), after: after.get(path) }))
    .filter((change) => change.before !== change.after);
}

function leavesOf(json: string): Map<string, string> {
  const leaves = new Map<string, string>();
  if (json === "") return leaves;
  try {
    collect(JSON.parse(json), "", leaves);
  } catch {
    leaves.set("value", json);
  }
  return leaves;
}

function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value))
      collect(each, path === "" ? name : `${path}.${name}`, leaves);
    return;
  }
  leaves.set(path === "" ? "value" : path, String(value));
}

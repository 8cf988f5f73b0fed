import type { Finding, HealthStatus } from "./component.ts";

/** A finding with the time since when its status has been so. */
export interface DatedFinding extends Finding {
  readonly sinceMs: number;
}

/** Remembers since when each part has had its status, as far as it was told. */
export interface StatusHistory {
  /** Takes a round of findings; parts that are not among them are forgotten. */
  date(findings: readonly Finding[]): DatedFinding[];
}

export function createStatusHistory(): StatusHistory {
  let known: ReadonlyMap<string, { readonly status: HealthStatus; readonly sinceMs: number }> = new Map();
  return {
    date(findings) {
      const dated = findings.map((finding) => {
        const before = known.get(keyOf(finding));
        const sinceMs = before?.status === finding.status ? before.sinceMs : finding.checkedAtMs;
        return { ...finding, sinceMs };
      });
      known = new Map(dated.map((finding) => [keyOf(finding), finding]));
      return dated;
    },
  };
}

function keyOf({ component, address }: Finding): string {
  return `${component} ${address}`;
}

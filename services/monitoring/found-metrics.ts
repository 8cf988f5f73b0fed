import { Gauge } from "@prometheus-io/client";
import type { Metrics } from "#platform/observe/metrics.ts";
import { createLatestValue } from "#platform/polling/latest-value.ts";
import { foundLevels } from "./domain/metrics/definitions/found-levels.ts";
import { formatFigure } from "./domain/metrics/figure.ts";
import type { Finding } from "./domain/scrape/scraper.ts";

/** A page shows what was found at most so long ago, so that it never waits for a peer. */
const pauseMs = 5_000;
/** What was found longer ago is not shown: an absent figure is better than a wrong one. */
const mostAgeMs = 60_000;

/** How levels are found out: each by itself, so that one that fails hides no other. */
export type Finders = Readonly<Record<string, () => Promise<readonly Finding[]>>>;

/** Shows what Monitoring finds out by asking on its own /metrics, from where it is recorded as well. */
export function exposeFindings(
  { registry }: Metrics,
  finders: Finders,
  onError: (what: string, error: unknown) => void,
): { stop(): Promise<void> } {
  const found = new Map<string, { readonly findings: readonly Finding[]; readonly atMs: number }>();
  const find = ([what, ask]: [string, () => Promise<readonly Finding[]>]) =>
    ask().then(
      (findings) => void found.set(what, { findings, atMs: performance.now() }),
      (error: unknown) => onError(what, error),
    );
  const rounds = createLatestValue({
    read: () => Promise.all(Object.entries(finders).map(find)),
    freshMs: pauseMs,
  });
  rounds.keepReading(() => pauseMs);
  for (const { name, description, labels } of foundLevels) {
    new Gauge({
      name,
      help: description,
      labelNames: Object.keys(labels),
      registers: [registry],
      collect() {
        this.reset();
        const oldestMs = performance.now() - mostAgeMs;
        for (const { findings, atMs } of found.values()) {
          if (atMs < oldestMs) continue;
          for (const { metric, labels: own, value } of findings)
            if (metric === name) this.set({ ...own }, Number(formatFigure(value)));
        }
      },
    });
  }
  return { stop: () => rounds.stop() };
}

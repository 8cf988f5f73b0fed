/**
 * The shortest way through a graph of currencies, as the steps on it. Among ways of the same length the one
 * wins whose earlier currencies stand earlier among their neighbours.
 *
 * @param neighboursOf the currencies that may be one step away, in order of preference.
 * @param stepBetween the step from one currency to its neighbour; undefined if it may not be taken.
 * @returns undefined if no way leads there.
 */
export function findShortestPath<S>(
  from: string,
  to: string,
  neighboursOf: (currency: string) => readonly string[],
  stepBetween: (from: string, to: string) => S | undefined,
): readonly S[] | undefined {
  const visited = new Set([from]);
  let frontier: readonly Reached<S>[] = [{ currency: from, steps: [] }];
  while (frontier.length > 0) {
    // The goal first: most ways go through one hub, whose other neighbours need no look then.
    for (const { currency, steps } of frontier) {
      const last = stepBetween(currency, to);
      if (last !== undefined) return [...steps, last];
    }
    const next: Reached<S>[] = [];
    for (const { currency, steps } of frontier) {
      for (const neighbour of neighboursOf(currency)) {
        if (visited.has(neighbour)) continue;
        const step = stepBetween(currency, neighbour);
        if (step === undefined) continue;
        visited.add(neighbour);
        next.push({ currency: neighbour, steps: [...steps, step] });
      }
    }
    frontier = next;
  }
  return undefined;
}

interface Reached<S> {
  readonly currency: string;
  readonly steps: readonly S[];
}

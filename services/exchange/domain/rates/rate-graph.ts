import type { RateSource } from "./rate-source.ts";

/** Which currencies rates lead between. Each source leads both ways. */
export class RateGraph {
  readonly #hub: string;
  /** From → to → the sources between them. */
  readonly #sources = new Map<string, Map<string, RateSource[]>>();
  /** Currency → those one step away, the hub first, then by code; emptied by changes. */
  readonly #neighbours = new Map<string, readonly string[]>();

  /** @param hub the currency through which ways are preferred. */
  constructor(hub: string) {
    this.#hub = hub;
  }

  add(source: RateSource): void {
    this.#change(source, (sources) => [...sources, source]);
  }

  remove(source: RateSource): void {
    this.#change(source, (sources) => sources.filter((each) => each !== source));
  }

  /** The sources between two currencies, in either direction. */
  between(from: string, to: string): readonly RateSource[] {
    return this.#sources.get(from)?.get(to) ?? [];
  }

  /** The currencies one step away, in order of preference. */
  neighboursOf(currency: string): readonly string[] {
    let neighbours = this.#neighbours.get(currency);
    if (neighbours === undefined) {
      const isHub = (code: string) => Number(code === this.#hub);
      neighbours = [...(this.#sources.get(currency)?.keys() ?? [])].sort(
        (left, right) => isHub(right) - isHub(left) || (left < right ? -1 : 1),
      );
      this.#neighbours.set(currency, neighbours);
    }
    return neighbours;
  }

  #change(
    { baseCurrency, quoteCurrency }: RateSource,
    change: (sources: readonly RateSource[]) => RateSource[],
  ): void {
    for (const [from, to] of [
      [baseCurrency, quoteCurrency],
      [quoteCurrency, baseCurrency],
    ] as const) {
      const targets = this.#sources.get(from) ?? new Map<string, RateSource[]>();
      const sources = change(targets.get(to) ?? []);
      if (sources.length === 0) targets.delete(to);
      else targets.set(to, sources);
      this.#sources.set(from, targets);
      this.#neighbours.delete(from);
    }
  }
}

import type { MetricDefinition } from "./metric-definition.ts";

/** The metrics that are kept, by name. */
export class MetricCatalogue {
  readonly #byName: ReadonlyMap<string, MetricDefinition>;

  /** @throws TypeError if two have the same name. */
  constructor(definitions: readonly MetricDefinition[]) {
    this.#byName = new Map(definitions.map((definition) => [definition.name, definition]));
    if (this.#byName.size !== definitions.length) throw new TypeError("two metrics have the same name");
  }

  find(name: string): MetricDefinition | undefined {
    return this.#byName.get(name);
  }

  /** All of them, by name. */
  inOrder(): MetricDefinition[] {
    return [...this.#byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }
}

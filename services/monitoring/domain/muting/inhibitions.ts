import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import type { InhibitionRecord } from "../../store/alerting/muting-records.ts";
import type { LiveDocuments } from "../alerting/live-documents.ts";
import { type Authorship, ManagedObjects, type ManagedRequest } from "../alerting/managed-objects.ts";
import { compileMatchers, type Labels } from "../label-matcher.ts";
import { MonitoringError } from "../monitoring-error.ts";

/** What an operator states about an inhibition. */
export type InhibitionSpec = Omit<InhibitionRecord, keyof Authorship>;
/** An inhibition as it is kept. */
export type Inhibition = StoredDocument<InhibitionRecord>;

const kind = {
  kind: "inhibition",
  limit: 200,
  notFound: (id: string) => new RangeError(`there is no inhibition ${id}`),
  exists: (id: string) =>
    new MonitoringError("INHIBITION_EXISTS", `there is an inhibition ${id} already`, {
      metadata: { inhibition_id: id },
    }),
};

/** Which firing alerts mute others. */
export class Inhibitions {
  readonly #objects: ManagedObjects<InhibitionSpec, InhibitionRecord>;

  constructor(collection: DocumentCollection<InhibitionRecord>, live: LiveDocuments, now: () => number) {
    this.#objects = new ManagedObjects(collection, live, kind, now);
  }

  /** In order of ids. */
  all(): readonly Inhibition[] {
    return this.#objects.all();
  }

  /** @throws INHIBITION_EXISTS, MATCHER_INVALID, LIMIT_REACHED. */
  async create(request: ManagedRequest<InhibitionSpec>): Promise<Inhibition> {
    compileMatchers(request.spec.sourceMatchers);
    compileMatchers(request.spec.targetMatchers);
    return this.#objects.create(request);
  }

  /** False if there was none. */
  delete(inhibitionId: string): Promise<boolean> {
    return this.#objects.delete(inhibitionId, 0);
  }

  /** Puts those that ship with the software, unless they were there before, also if somebody deleted them. */
  seed(defaults: ReadonlyArray<ManagedRequest<InhibitionSpec>>): Promise<void> {
    return this.#objects.seed(defaults);
  }
}

/** An alert that mutes or is muted. */
export interface InhibitableAlert {
  readonly alertId: string;
  readonly labels: Labels;
}

/** Most inhibiting alerts that are named. */
const mostNamed = 10;

/** Makes what tells which of the firing alerts inhibit one; an alert never inhibits itself. */
export function createInhibitor(
  inhibitions: readonly Inhibition[],
  firing: readonly InhibitableAlert[],
): (alert: InhibitableAlert) => string[] {
  const rules = inhibitions.map(({ value }) => {
    const isSource = compileMatchers(value.sourceMatchers);
    return {
      sources: firing.filter(({ labels }) => isSource(labels)),
      isTarget: compileMatchers(value.targetMatchers),
      isSource,
      equalLabels: value.equalLabels,
    };
  });
  return (alert) => {
    const inhibiting = new Set<string>();
    for (const { sources, isTarget, isSource, equalLabels } of rules) {
      if (sources.length === 0 || !isTarget(alert.labels)) continue;
      // As Alertmanager: what matches both sides is not muted by another that does too.
      const isBoth = isSource(alert.labels);
      for (const source of sources) {
        if (source.alertId === alert.alertId || (isBoth && isTarget(source.labels))) continue;
        const isEqual = (label: string) => (source.labels[label] ?? "") === (alert.labels[label] ?? "");
        if (equalLabels.every(isEqual)) inhibiting.add(source.alertId);
      }
    }
    return [...inhibiting].sort().slice(0, mostNamed);
  };
}

import { SeededRandom } from "../testing/seeded-random.ts";

/** What a fault happens to. Faults of one part never overlap. */
export type Part =
  | "core"
  | "pricing"
  | "exchange"
  | "monitoring"
  | "admin"
  | "redis"
  | "way to core"
  | "way to redis"
  | "stripe";

/** Ways in which parts fail; each is dealt before any comes again. */
const deck = [
  { part: "core", kind: "kill" },
  { part: "core", kind: "kill" },
  { part: "core", kind: "pause" },
  { part: "redis", kind: "kill" },
  { part: "redis", kind: "kill" },
  { part: "redis", kind: "pause" },
  { part: "redis", kind: "full memory" },
  { part: "pricing", kind: "kill" },
  { part: "exchange", kind: "kill" },
  { part: "monitoring", kind: "kill" },
  { part: "admin", kind: "kill" },
  { part: "admin", kind: "pause" },
  { part: "way to core", kind: "cut before request" },
  { part: "way to core", kind: "cut reply" },
  { part: "way to core", kind: "cut reply" },
  { part: "way to core", kind: "swallow reply" },
  { part: "way to core", kind: "delay" },
  { part: "way to core", kind: "cut connections" },
  { part: "way to redis", kind: "cut before request" },
  { part: "way to redis", kind: "cut reply" },
  { part: "way to redis", kind: "cut reply" },
  { part: "way to redis", kind: "swallow reply" },
  { part: "way to redis", kind: "delay" },
  { part: "way to redis", kind: "cut connections" },
  { part: "stripe", kind: "lost answers" },
] as const satisfies ReadonlyArray<{ part: Part; kind: string }>;

export type FaultKind = (typeof deck)[number]["kind"];

/** A fault of the plan. */
export interface Fault {
  readonly part: Part;
  readonly kind: FaultKind;
  /** Begins when so many operations of the round have begun. */
  readonly afterOperations: number;
  /** How long it lasts, or how long a killed part stays down before it is started again. */
  readonly lastsMs: number;
  /** Bytes of a reply that pass before a connection is cut. */
  readonly passingBytes: number;
}

const faultsPerRound = 7;
/** So many rounds deal every card. */
export const roundsPerDeck = Math.ceil(deck.length / faultsPerRound);

/** The faults of a round, in the order in which they begin. */
export function faultsOfRound(seed: number, index: number, operations: number): Fault[] {
  return Array.from({ length: faultsPerRound }, (_, place) => {
    const position = index * faultsPerRound + place;
    const cycle = Math.floor(position / deck.length);
    const dealt = new SeededRandom(seed * 31 + cycle).shuffled(deck)[position % deck.length]!;
    const random = new SeededRandom(seed * 65_537 + position);
    return {
      ...dealt,
      afterOperations: random.between(1, Math.max(1, Math.floor(operations * 0.9))),
      lastsMs: random.between(100, 1_500),
      passingBytes: random.between(0, 900),
    };
  }).sort((one, other) => one.afterOperations - other.afterOperations);
}

/** For people: "kill: core". */
export function nameOf({ part, kind }: Pick<Fault, "part" | "kind">): string {
  return kind === "lost answers" || kind === "full memory" ? `${kind} of ${part}` : `${kind}: ${part}`;
}

/** What can happen, by the names above. */
export const faultNames: ReadonlySet<string> = new Set(deck.map(nameOf));

import type { SeededRandom } from "../testing/seeded-random.ts";
import type { Action, Overage, Price } from "./action.ts";

const unit = 100_000_000n;
const longTtlMs = 24 * 3_600_000;
const shortTtlMs = 1_000;
const models = ["openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"] as const;

/** An amount of many digits, up to `most` whole units. */
function amount(random: SeededRandom, most: number): bigint {
  return (BigInt(Math.floor(random.next() * 2 ** 40) + 1) * BigInt(most) * unit) / 2n ** 40n + 1n;
}

function anyPrice(random: SeededRandom): Price {
  return random.chance(0.35) ? usage(random, random.pick(models)) : { atoms: amount(random, 3) };
}

function usage(random: SeededRandom, priceId: string): Price {
  const tokens = (most: number) => String(random.between(1, most));
  return { priceId, quantities: { input_tokens: tokens(200_000), output_tokens: tokens(20_000) } };
}

/** Settling names only prices that the hold fixed. */
function priceLike(random: SeededRandom, held: Price, factor: number): Price {
  if ("priceId" in held) return usage(random, held.priceId);
  return { atoms: (held.atoms * BigInt(Math.round(factor * 1_000))) / 1_000n + 1n };
}

type Writer = (random: SeededRandom, accountCount: number) => Action[];

const fund: Writer = (random) => {
  const atoms = amount(random, 60);
  const credit = { do: "credit", atoms, kind: "PURCHASED", hasReference: true, grant: undefined } as const;
  const again: Action[] = random.chance(0.4) ? [{ do: "credit again", of: 0 }] : [];
  if (random.chance(0.6)) return [credit, ...again];
  const half = atoms / 2n + 1n;
  const reverse = (totalAtoms: bigint, revision: number): Action => {
    return { do: "reverse", of: 0, totalAtoms, revision };
  };
  // A refund that fails afterwards, then the whole.
  return [credit, ...again, reverse(half, 1), reverse(half / 2n, 3), reverse(half, 2), reverse(atoms, 4)];
};

const grant: Writer = (random) => [
  {
    do: "credit",
    atoms: amount(random, 5),
    kind: random.chance(0.7) ? "PROMOTIONAL" : "PURCHASED",
    hasReference: random.chance(0.3),
    grant: {
      priority: random.pick([10, 50, 90]),
      endsInMs: random.weighted([
        [3, random.between(4_000, 8_000)],
        [1, longTtlMs],
        [1, undefined],
      ]),
    },
  },
];

const charge: Writer = (random) => {
  const price = anyPrice(random);
  const refund = (atoms: bigint | undefined): Action => ({ do: "refund", of: 0, atoms });
  const part = amount(random, 1) / 10n + 1n;
  const refunds = random.weighted<Action[]>([
    [6, []],
    [2, [refund(undefined)]],
    [2, [refund(part), refund(part), refund(undefined)]],
  ]);
  return [{ do: "charge", price }, ...refunds];
};

const batch: Writer = (random, accountCount) => [
  {
    do: "charge batch",
    lines: Array.from({ length: random.between(2, 8) }, () => ({
      account: random.between(0, accountCount - 1),
      atoms: amount(random, 1),
    })),
  },
];

const hold: Writer = (random) => {
  const price = anyPrice(random);
  const reserve: Action = { do: "reserve", price, ttlMs: longTtlMs, captures: random.chance(0.3) };
  const extend: Action[] = random.chance(0.25)
    ? [{ do: "extend", hold: 0, ttlMs: undefined, more: amount(random, 1) }]
    : [];
  return [reserve, ...extend, ...settle(random, price)];
};

function settle(random: SeededRandom, price: Price): Action[] {
  const commit = (factor: number, overage: Overage = "DEBT", keepOpen = false): Action => {
    const settled = priceLike(random, price, factor);
    return {
      do: "commit",
      hold: 0,
      price: settled,
      overage,
      keepOpen,
      acceptExpired: random.chance(0.5),
      late: false,
    };
  };
  return random.weighted<() => Action[]>([
    [4, () => [commit(random.next())]],
    [2, () => [commit(1 + random.next() * 2, random.pick(["CAP", "DEBT", "REJECT"]))]],
    [2, () => [commit(0.3, "DEBT", true), commit(0.2, "DEBT", true), commit(random.next())]],
    [1, () => [commit(0.4, "DEBT", true), { do: "release", hold: 0 }]],
    [3, () => [{ do: "release", hold: 0 }]],
    [1, () => [commit(random.next()), { do: "release", hold: 0 }, commit(0.5)]],
    [1, () => [commit(random.next()), { do: "refund", of: -1, atoms: undefined }]],
    [1, () => []],
  ])();
}

const expiringHold: Writer = (random) => {
  const price = anyPrice(random);
  const captures = random.chance(0.4);
  const reserve: Action = { do: "reserve", price, ttlMs: shortTtlMs, captures };
  const commit = (acceptExpired: boolean): Action => ({
    do: "commit",
    hold: 0,
    price: priceLike(random, price, 0.8),
    overage: random.pick(["CAP", "DEBT", "REJECT"]),
    keepOpen: false,
    acceptExpired,
    late: true,
  });
  return random.weighted<Action[]>([
    [3, [reserve]],
    [2, [reserve, commit(true)]],
    [1, [reserve, commit(false), commit(true)]],
    [1, [reserve, { do: "extend", hold: 0, ttlMs: longTtlMs - 60_000, more: 0n }, commit(true)]],
  ]);
};

const adjust: Writer = (random) => {
  const taken = random.chance(0.5);
  const atoms = amount(random, 2);
  return [{ do: "adjust", atoms: taken ? -atoms : atoms, allowNegative: random.chance(0.3) }];
};

const topUp: Writer = (random) => [
  {
    do: "top up",
    cents: random.between(100, 9_000),
    pays: random.pick(["at once", "at once", "later", "after a decline"]),
    afterwards: random.pick(["nothing", "nothing", "refunded in part", "refunded", "dispute won"]),
    orderSeed: random.between(0, 2 ** 31),
  },
];

const writers: ReadonlyArray<readonly [weight: number, writer: Writer]> = [
  [6, fund],
  [4, grant],
  [14, charge],
  [4, batch],
  [12, hold],
  [2, expiringHold],
  [3, adjust],
  [1, topUp],
];

/** The actions of a story of any kind. `of: -1` names the step before. */
export function anyStory(random: SeededRandom, accountCount: number): Action[] {
  return random
    .weighted(writers)(random, accountCount)
    .map((action, index) =>
      "of" in action && action.of < 0 ? { ...action, of: index + action.of } : action,
    );
}

/** The actions that open an account and put money on it. */
export function openingStory(random: SeededRandom): Action[] {
  return [
    {
      do: "open",
      currency: random.chance(0.6) ? "USD" : "EUR",
      limitAtoms: random.chance(0.3) ? amount(random, 20) : 0n,
    },
    { do: "credit", atoms: amount(random, 100), kind: "PURCHASED", hasReference: true, grant: undefined },
  ];
}

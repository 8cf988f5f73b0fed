import fc from "fast-check";
import type { ModelOperation } from "./operations.ts";
import type { Proposal } from "./proposal.ts";

const int64Max = 2n ** 63n - 1n;

/** Small amounts meet one another; large ones meet the bounds. */
const amount = fc.oneof(
  { weight: 24, arbitrary: fc.bigInt({ min: 0n, max: 100n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 15n + 10n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: int64Max - 50n, max: int64Max }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: int64Max }) },
);
const positive = amount.map((value) => (value === 0n ? 1n : value));
const hold = oneOf([0, 4], [1, 2], [2, 1], [5, 1]);
const boolean = fc.boolean();
const quote = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(0 as const, 2 as const) },
);

/** Any of these, the first of each pair as often as the second says. */
function oneOf<T>(...choices: ReadonlyArray<readonly [value: T, weight: number]>): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([value, weight]) => ({ weight, arbitrary: fc.constant(value) })));
}

const grantEnd = oneOf(["never", 2], ["in 1 h", 2], ["in 2 h", 2], ["soon", 3]) as fc.Arbitrary<
  "never" | "in 1 h" | "in 2 h" | "soon"
>;
const reference = fc.constantFrom("pi_1", "pi_2", "pi_3");

const operations: ReadonlyArray<readonly [weight: number, fc.Arbitrary<ModelOperation>]> = [
  [
    8,
    fc.record({
      do: fc.constant("credit" as const),
      amount: positive,
      reference: fc.oneof({ weight: 1, arbitrary: fc.constant("") }, { weight: 1, arbitrary: reference }),
      kind: fc.constantFrom("PURCHASED" as const, "PROMOTIONAL" as const),
      grant: fc.option(fc.record({ priority: fc.constantFrom(10, 50, 90), end: grantEnd }), {
        nil: undefined,
        freq: 4,
      }),
      quote,
    }),
  ],
  [5, fc.record({ do: fc.constant("charge" as const), amount, quote })],
  [
    6,
    fc.record({
      do: fc.constant("reserve" as const),
      amount,
      capture: boolean,
      end: oneOf(["in 1 h", 3], ["soon", 1]) as fc.Arbitrary<"in 1 h" | "soon">,
      quote,
    }),
  ],
  [
    7,
    fc.record({
      do: fc.constant("commit" as const),
      hold,
      amount,
      overage: fc.constantFrom("REJECT", "CAP", "DEBT"),
      keepOpen: boolean,
      acceptExpired: boolean,
      quote,
    }),
  ],
  [
    3,
    fc.record({
      do: fc.constant("extend" as const),
      hold,
      end: oneOf(["later", 2], ["as it is", 2], ["too soon", 1], ["too late", 1]) as fc.Arbitrary<
        "later" | "as it is" | "too soon" | "too late"
      >,
      held: fc.constant(0n),
      more: fc.option(
        fc.oneof(
          { weight: 5, arbitrary: amount },
          { weight: 1, arbitrary: fc.bigInt({ min: -20n, max: -1n }) },
        ),
        { nil: undefined },
      ),
    }),
  ],
  [2, fc.record({ do: fc.constant("wait" as const) })],
  [2, fc.record({ do: fc.constant("release" as const), hold })],
  [1, fc.record({ do: fc.constantFrom("expire" as const, "read" as const), hold })],
  [1, fc.record({ do: fc.constant("expire grant" as const), grant: fc.nat({ max: 3 }) })],
  [
    4,
    fc.record({
      do: fc.constant("refund" as const),
      entry: fc.nat({ max: 20 }),
      amount: fc.option(amount, { nil: undefined, freq: 2 }),
    }),
  ],
  [
    4,
    fc.record({
      do: fc.constant("reverse" as const),
      reference,
      total: amount,
      revision: fc.integer({ min: 1, max: 12 }),
    }),
  ],
  [
    2,
    fc.record({
      do: fc.constant("adjust" as const),
      amount: fc.tuple(amount, boolean).map(([value, isTaken]) => (isTaken ? -value : value)),
      allowNegative: boolean,
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constantFrom("freeze" as const, "unfreeze" as const, "unfreeze" as const),
      reason: fc.constantFrom("operator", "dispute"),
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constant("update" as const),
      limit: fc.constantFrom(0n, 50n, int64Max),
      stale: oneOf([false, 4], [true, 1]),
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constant("close" as const),
      version: fc.constantFrom("any" as const, "right" as const, "stale" as const),
    }),
  ],
];

/** Any operation; most fit what the account has. */
export const anyProposal: fc.Arbitrary<Proposal> = fc.record({
  operation: fc.oneof(...operations.map(([weight, arbitrary]) => ({ weight, arbitrary }))),
  fits: oneOf([true, 4], [false, 1]),
});

/** Limits at which accounts begin. */
export const anyCreditLimit: fc.Arbitrary<bigint> = fc.constantFrom(0n, 50n, int64Max);

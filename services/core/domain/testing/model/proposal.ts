import type { ModelOperation } from "./operations.ts";

/** An operation before the account is known that it is for: holds, grants and entries are counted from the newest. */
export interface Proposal {
  readonly operation: ModelOperation;
  /** Whether it should suit what is there: a debit what is spendable, a refund an entry that spent, and so on. */
  readonly fits: boolean;
}

/** What an account has that operations name, oldest first. */
export interface ModelInventory {
  /** What each hold has. */
  readonly holds: readonly bigint[];
  /** Sequences of grants. */
  readonly grants: readonly number[];
  /** Number of entries. */
  readonly entries: number;
  /** What can still be given back of entries, by sequence. */
  readonly refundable: ReadonlyMap<number, bigint>;
  readonly spendable: bigint;
  /** Credited amounts by reference. */
  readonly references: ReadonlyMap<string, bigint>;
}

/** The operation for an account that has this; undefined if it needs something of which there is none. */
export function resolveProposal(
  { operation, fits }: Proposal,
  has: ModelInventory,
): ModelOperation | undefined {
  switch (operation.do) {
    case "charge":
    case "reserve":
      return { ...operation, amount: fits ? within(operation.amount, has.spendable) : operation.amount };
    case "commit":
    case "release":
    case "expire":
    case "read":
    case "extend": {
      const hold = fromNewest(has.holds.length, operation.hold);
      return hold === undefined ? undefined : onHold({ ...operation, hold }, has.holds[hold]!, fits);
    }
    case "expire grant": {
      const grant = fromNewest(has.grants.length, operation.grant);
      return grant === undefined ? undefined : { ...operation, grant };
    }
    case "refund": {
      const spending = [...has.refundable.keys()];
      const chosen = fits ? fromNewest(spending.length, operation.entry) : undefined;
      if (chosen === undefined) return { ...operation, entry: (operation.entry % (has.entries + 1)) + 1 };
      const entry = spending[chosen]!;
      const { amount } = operation;
      return { ...operation, entry, amount: amount && within(amount, has.refundable.get(entry)!) };
    }
    case "reverse": {
      const [reference, credited] = [...has.references][operation.revision % has.references.size] ?? [];
      if (!fits || reference === undefined || credited === undefined) return operation;
      return { ...operation, reference, total: within(operation.total, credited) };
    }
    default:
      return operation;
  }
}

type OnHold = Extract<ModelOperation, { readonly hold: number }>;

function onHold(operation: OnHold, held: bigint, fits: boolean): OnHold {
  if (operation.do === "extend") return { ...operation, held };
  // Half of the commits take more than is held, or all of it.
  if (operation.do === "commit" && fits && operation.amount % 2n === 0n)
    return { ...operation, amount: within(operation.amount, held) };
  return operation;
}

/** An amount of at most `most`, where there is anything. */
function within(amount: bigint, most: bigint): bigint {
  return most > 0n ? amount % (most + 1n) : amount;
}

function fromNewest(count: number, back: number): number | undefined {
  return count === 0 ? undefined : count - 1 - (back % count);
}

import { SeededRandom } from "../testing/seeded-random.ts";
import { type Action, doors, type Step, type Story } from "./action.ts";
import { type Fault, faultsOfRound, roundsPerDeck } from "./fault-plan.ts";
import { anyStory, openingStory } from "./stories.ts";

/** What a run is made of; the same seed and operations give the same plan. */
export interface PlanOptions {
  readonly seed: number;
  readonly operations: number;
}

/** A stretch of work, with faults in it, after which everything is checked. */
export interface Round {
  readonly index: number;
  /** Accounts are used for some rounds, so that checking a round stays cheap however long a run is. */
  readonly generation: number;
  /** Whether its accounts begin with it, and end with it. */
  readonly opens: boolean;
  readonly retires: boolean;
  /** Told before all others, one for each new account. */
  readonly openings: readonly Story[];
  readonly stories: readonly Story[];
  readonly faults: readonly Fault[];
  readonly operations: number;
}

/** Accounts in use at the same time. */
export const accountsPerGeneration = 16;
const roundsPerGeneration = 8;
const longestRound = 2_500;
/** In shorter runs, so that there are enough rounds for every fault. */
const shortRound = 500;

/** Rounds of a run: of 500 operations, or of up to 2,500 where that makes four rounds. */
export function countRounds({ operations }: PlanOptions): number {
  const short = Math.min(roundsPerDeck, Math.ceil(operations / shortRound));
  return Math.max(short, Math.ceil(operations / longestRound));
}

/** What happens in a round; follows from seed and operations alone. */
export function planRound(options: PlanOptions, index: number): Round {
  const rounds = countRounds(options);
  const share = (round: number) => Math.floor((options.operations * round) / rounds);
  const random = new SeededRandom(options.seed * 7_919 + index);
  const opens = index % roundsPerGeneration === 0;
  const numbers = { next: share(index) + 1 };
  const openings = opens
    ? Array.from({ length: accountsPerGeneration }, (_, account) =>
        storyOf(random, account, openingStory(random), numbers),
      )
    : [];
  const stories: Story[] = [];
  const last = share(index + 1);
  while (numbers.next <= last) {
    const account = random.between(0, accountsPerGeneration - 1);
    const actions = firstActions(anyStory(random, accountsPerGeneration), last - numbers.next + 1);
    stories.push(storyOf(random, account, actions, numbers));
  }
  const operations = share(index + 1) - share(index);
  return {
    index,
    generation: Math.floor(index / roundsPerGeneration),
    opens,
    retires: (index + 1) % roundsPerGeneration === 0 || index + 1 === rounds,
    openings,
    stories,
    faults: faultsOfRound(options.seed, index, operations),
    operations,
  };
}

/** A batch counts as many operations as it has lines. */
function countOf(action: Action): number {
  return action.do === "charge batch" ? action.lines.length : 1;
}

/** The beginning of a story that has at most so many operations: the last one of a round may be cut short. */
function firstActions(actions: readonly Action[], most: number): Action[] {
  let left = most;
  return actions.flatMap((action) => {
    if (left === 0) return [];
    const kept = action.do === "charge batch" ? { ...action, lines: action.lines.slice(0, left) } : action;
    left -= countOf(kept);
    return [kept];
  });
}

function storyOf(
  random: SeededRandom,
  account: number,
  actions: readonly Action[],
  numbers: { next: number },
): Story {
  return { account, steps: actions.map((action) => stepOf(random, action, numbers)) };
}

function stepOf(random: SeededRandom, action: Action, numbers: { next: number }): Step {
  const number = numbers.next;
  numbers.next += countOf(action);
  const again = random.weighted<"at once" | "afterwards" | undefined>([
    [8, undefined],
    [1, "at once"],
    [1, "afterwards"],
  ]);
  return {
    number,
    action,
    door: random.pick(doors),
    again: again && { when: again, door: random.pick(doors) },
  };
}

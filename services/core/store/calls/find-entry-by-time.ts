import { type FunctionCall, textsOf } from "../function-call.ts";
import { accountKeys } from "../keys.ts";

/** Where a time lies in a journal's online part. */
export interface TimePosition {
  /** Sequence of the last entry before the time; the base if none online is. */
  readonly sequence: number;
  readonly base: number;
}

/** The last online entry before a time. */
export function findEntryByTimeCall(accountId: string, timeMs: number): FunctionCall<TimePosition> {
  const keys = accountKeys(accountId);
  return {
    name: "find_entry_by_time",
    keys: () => [keys.account, keys.journal],
    args: () => [String(timeMs)],
    parse: (reply) => {
      const [sequence, base] = textsOf(reply, 2);
      return { sequence: Number(sequence), base: Number(base) };
    },
  };
}

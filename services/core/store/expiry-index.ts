import type { Redis } from "#platform/redis/redis.ts";
import { expireGrantCall } from "./calls/expire-grant.ts";
import { type ExpiryOutcome, expireHoldCall } from "./calls/expire-hold.ts";
import type { FunctionCall } from "./function-call.ts";

/** What has an expiry: the letters with which members of the index begin. */
export const expiryKinds = { h: "hold", g: "grant" } as const;
/** A hold or a grant. */
export type ExpiryKind = (typeof expiryKinds)[keyof typeof expiryKinds];

/** How to perform an expiry. */
export interface ExpiryTask {
  readonly kind: ExpiryKind;
  readonly accountId: string;
  readonly call: FunctionCall<ExpiryOutcome>;
}

/** The clock of Redis in epoch milliseconds; of several primaries the one that is ahead. */
export async function readLatestServerTimeMs(redis: Redis): Promise<number> {
  const clocks = await redis.onEveryPrimary<[seconds: string, micros: string]>(["TIME"]);
  return Math.max(
    ...clocks.map(([seconds, micros]) => Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)),
  );
}

const memberPattern = /^(?:h:(\d{1,15}):(\d{1,7})|g:(\d{1,15})):([^\s]{1,128})$/;

/** The hold that a member of the index is about; undefined if it is about something else. */
export function holdOfMember(
  member: string,
): { readonly accountId: string; readonly sequence: number; readonly day: number } | undefined {
  const [, sequence, day, , accountId] = memberPattern.exec(member) ?? [];
  if (accountId === undefined || sequence === undefined) return undefined;
  return { accountId, sequence: Number(sequence), day: Number(day) };
}

/** What a member says is to be done: `h:<sequence>:<day>:<account>` or `g:<sequence>:<account>`; else undefined. */
export function expiryTaskOf(member: string): ExpiryTask | undefined {
  const [, holdSequence, holdDay, grantSequence, accountId] = memberPattern.exec(member) ?? [];
  if (accountId === undefined) return undefined;
  return grantSequence === undefined
    ? { kind: "hold", accountId, call: expireHoldCall(accountId, Number(holdSequence), Number(holdDay)) }
    : { kind: "grant", accountId, call: expireGrantCall(accountId, Number(grantSequence)) };
}

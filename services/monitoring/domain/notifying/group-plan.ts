import type { GroupRecord } from "../../store/alerts/group-record.ts";

/** A member of a group as a decision needs it. */
export interface GroupMember {
  readonly alertId: string;
  readonly isFiring: boolean;
  /** Muted by a silence or an inhibition. */
  readonly isMuted: boolean;
  readonly isAcknowledged: boolean;
  /** Its end is told to nobody. */
  readonly endsQuietly: boolean;
}

/** How a channel wants to be told. */
export interface TellingTerms {
  readonly repeatIntervalMs: number;
  readonly skipResolved: boolean;
}

/** What to do about a group. */
export interface GroupDecision {
  /** Ids of what is told now, firing ones first; undefined: nothing is. */
  readonly told: readonly string[] | undefined;
  /** What the channel then knows to fire; empty: there is nothing more to tell of the group. */
  readonly firing: readonly string[];
}

/**
 * Whether a channel is told about a group now, by the rules of Alertmanager (notify/notify.go, `needsUpdate`): of
 * alerts that it was not told of, of those that ended since, and of an unchanged group again after the repeat
 * interval, unless somebody has taken all of it. An alert that ended before anybody was told of it is not told.
 *
 * @param members those that fire, and those that `known` says fire.
 */
export function decideGroup(
  known: GroupRecord | undefined,
  members: readonly GroupMember[],
  { repeatIntervalMs, skipResolved }: TellingTerms,
  nowMs: number,
): GroupDecision {
  const toldFiring = new Set(known?.firing ?? []);
  const audible = members.filter(({ isMuted }) => !isMuted);
  const firing = audible.filter(({ isFiring }) => isFiring).map(({ alertId }) => alertId);
  const ended = audible.filter(
    ({ alertId, isFiring, endsQuietly }) => !isFiring && !endsQuietly && toldFiring.has(alertId),
  );
  const resolved = skipResolved ? [] : ended.map(({ alertId }) => alertId);
  const isNew = firing.some((alertId) => !toldFiring.has(alertId));
  const isRepeatDue =
    known !== undefined &&
    nowMs - known.notifiedAtMs >= repeatIntervalMs &&
    audible.some(({ isFiring, isAcknowledged }) => isFiring && !isAcknowledged);
  if (isNew || resolved.length > 0 || isRepeatDue) return { told: [...firing, ...resolved], firing };
  const stillFiring = new Set(members.filter(({ isFiring }) => isFiring).map(({ alertId }) => alertId));
  return { told: undefined, firing: [...toldFiring].filter((alertId) => stillFiring.has(alertId)) };
}

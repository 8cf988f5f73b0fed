import { type Clock, systemClock } from "#platform/clock/clock.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { holdOfMember } from "../store/expiry-index.ts";
import { type ExpiryPlace, expiriesAfter } from "../store/expiry-order.ts";
import type { JournalReader } from "../store/journal-reader.ts";
import { readOpenHolds } from "../store/open-holds.ts";
import { CoreError } from "./core-error.ts";
import type { Ledger } from "./ledger.ts";
import type { HoldState, Reservation } from "./reservation.ts";
import { encodeReservationId, type ReservationReference } from "./resource-id.ts";
import type { LedgerUnit } from "./results.ts";
import { translateRefusals } from "./translate-refusals.ts";

export type { ExpiryPlace } from "../store/expiry-order.ts";

/** Entries or index members looked at for one page, whether they match or not. */
const scannedPerPage = 10_000;
/** Up to so many open holds of an account are found by name; of more the journal finds the newest sooner. */
const mostOpenByName = 2_000;
const groupSize = 100;
const dayMs = 86_400_000;
/** A settled hold answers until so many days after its creation day. */
const settledDays = 9;

/** Which holds to list. */
export interface ReservationFilter {
  /** Undefined means any. */
  readonly state: HoldState | undefined;
  readonly expiresBeforeMs: number;
}

/** A hold in a list. */
export interface ListedReservation {
  readonly reservation: Reservation;
  readonly unit: LedgerUnit;
}

/** A page of holds. */
export interface ReservationPage<Position> {
  readonly reservations: readonly ListedReservation[];
  /** After what the next page begins; undefined at the end. */
  readonly next: Position | undefined;
}

/** Something in the order of a list that is a hold, or (undefined) is not. */
interface Candidate<Position> {
  readonly hold: ReservationReference | undefined;
  readonly position: Position;
}

/**
 * Lists holds. Each is read as GetReservation reads it, so one whose time is over shows as expired. A page may be
 * short or empty and still have a next one, since a call looks at a bounded number.
 */
export class ReservationDirectory {
  readonly #redis: Redis;
  readonly #ledger: Ledger;
  readonly #journal: JournalReader;
  readonly #clock: Clock;

  constructor(redis: Redis, ledger: Ledger, journal: JournalReader, clock: Clock = systemClock) {
    this.#redis = redis;
    this.#ledger = ledger;
    this.#journal = journal;
    this.#clock = clock;
  }

  /**
   * Holds of an account, newest first: open ones, and settled ones as long as they are kept. A position is a
   * sequence, so that new holds move nothing. ACCOUNT_NOT_FOUND.
   */
  async ofAccount(
    accountId: string,
    filter: ReservationFilter,
    before: number | undefined,
    pageSize: number,
  ): Promise<ReservationPage<number>> {
    const head = await translateRefusals(accountId, this.#journal.readHead(accountId));
    const last = Math.min(before === undefined ? head.sequence : before - 1, head.sequence);
    const open =
      filter.state === "HELD" ? await readOpenHolds(this.#redis, accountId, mostOpenByName) : undefined;
    const candidates =
      open === undefined
        ? this.#fromJournal(accountId, last)
        : groupsOf(
            open
              .filter(({ sequence }) => sequence <= last)
              .map((name) => ({ hold: { accountId, ...name }, position: name.sequence })),
          );
    return this.#page(candidates, filter, pageSize);
  }

  /** Open holds of all accounts, soonest expiry first; `filter` names HELD. */
  openOnes(
    filter: ReservationFilter,
    after: ExpiryPlace | undefined,
    pageSize: number,
  ): Promise<ReservationPage<ExpiryPlace>> {
    return this.#page(this.#fromIndex(after, filter.expiresBeforeMs), filter, pageSize);
  }

  /** The holds that entries made, from one on backwards, as far as settled ones are kept. */
  async *#fromJournal(accountId: string, from: number): AsyncGenerator<Candidate<number>[]> {
    const oldestDay = Math.floor(this.#clock.nowMs() / dayMs) - settledDays;
    const first = 1 + (await this.#journal.findLastBefore(accountId, oldestDay * dayMs));
    for (let last = from; last >= first; ) {
      const range = { fromSequence: first, toSequence: last, newestFirst: true };
      const { entries } = await this.#journal.readEntries(accountId, range);
      if (entries.length === 0) return;
      const candidates = entries.toReversed().map(({ type, hold, sequence }) => ({
        hold: type === "RESERVE" && hold ? { accountId, sequence, day: hold.day } : undefined,
        position: sequence,
      }));
      yield* groupsOf(candidates);
      last = entries[0]!.sequence - 1;
    }
  }

  async *#fromIndex(
    after: ExpiryPlace | undefined,
    expiresBeforeMs: number,
  ): AsyncGenerator<Candidate<ExpiryPlace>[]> {
    let group: Candidate<ExpiryPlace>[] = [];
    for await (const place of expiriesAfter(this.#redis, after)) {
      if (place.expiresMs >= expiresBeforeMs) break;
      group.push({ hold: holdOfMember(place.member), position: place });
      if (group.length < groupSize) continue;
      yield group;
      group = [];
    }
    yield group;
  }

  async #page<Position>(
    candidates: AsyncIterable<Candidate<Position>[]> | Iterable<Candidate<Position>[]>,
    filter: ReservationFilter,
    pageSize: number,
  ): Promise<ReservationPage<Position>> {
    const reservations: ListedReservation[] = [];
    let next: Position | undefined;
    let scanned = 0;
    for await (const group of candidates) {
      const read = await Promise.all(group.map(({ hold }) => hold && this.#read(hold)));
      for (const [index, found] of read.entries()) {
        if (reservations.length === pageSize) return { reservations, next };
        next = group[index]!.position;
        if (found !== undefined && matches(found.reservation, filter)) reservations.push(found);
      }
      scanned += group.length;
      if (scanned >= scannedPerPage) return { reservations, next };
    }
    return { reservations, next: undefined };
  }

  /** The hold; undefined if it is no longer kept. */
  async #read(hold: ReservationReference): Promise<ListedReservation | undefined> {
    try {
      return await this.#ledger.getReservation(encodeReservationId(hold));
    } catch (error) {
      if (error instanceof CoreError && error.reason === "RESERVATION_NOT_FOUND") return undefined;
      throw error;
    }
  }
}

function matches({ state, expiresMs }: Reservation, filter: ReservationFilter): boolean {
  return (filter.state === undefined || state === filter.state) && expiresMs < filter.expiresBeforeMs;
}

function* groupsOf<T>(list: readonly T[]): Generator<T[]> {
  for (let start = 0; start < list.length; start += groupSize) yield list.slice(start, start + groupSize);
}

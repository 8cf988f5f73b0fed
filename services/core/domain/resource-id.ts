/**
 * Ids of transactions and reservations. Opaque to callers; inside they name the account and the place in its
 * journal, so that every key is known from the id alone.
 */

/** What a transaction id names. */
export interface TransactionReference {
  readonly accountId: string;
  readonly sequence: number;
}

/** What a reservation id names. */
export interface ReservationReference {
  readonly accountId: string;
  /** Sequence of the journal entry that made the hold. */
  readonly sequence: number;
  /** Day of creation, since 1970, UTC. */
  readonly day: number;
}

const transactionPattern = /^txn_([0-9a-z]{1,11})_([A-Za-z0-9_-]{2,171})$/;
const reservationPattern = /^rsv_([0-9a-z]{1,11})_([0-9a-z]{1,4})_([A-Za-z0-9_-]{2,171})$/;
const accountPattern = /^[A-Za-z0-9_.:@-]{1,128}$/;

/** `txn_<sequence in base 36>_<account id in base64url>`. */
export function encodeTransactionId({ accountId, sequence }: TransactionReference): string {
  return `txn_${sequence.toString(36)}_${encodeAccount(accountId)}`;
}

/** What an id names; undefined unless it is exactly what {@link encodeTransactionId} gives. */
export function decodeTransactionId(id: string): TransactionReference | undefined {
  const [, sequence, account] = transactionPattern.exec(id) ?? [];
  if (sequence === undefined || account === undefined) return undefined;
  const reference = { accountId: decodeAccount(account), sequence: Number.parseInt(sequence, 36) };
  return isPossible(reference) && encodeTransactionId(reference) === id ? reference : undefined;
}

/** `rsv_<sequence in base 36>_<day in base 36>_<account id in base64url>`. */
export function encodeReservationId({ accountId, sequence, day }: ReservationReference): string {
  return `rsv_${sequence.toString(36)}_${day.toString(36)}_${encodeAccount(accountId)}`;
}

/** What an id names; undefined unless it is exactly what {@link encodeReservationId} gives. */
export function decodeReservationId(id: string): ReservationReference | undefined {
  const [, sequence, day, account] = reservationPattern.exec(id) ?? [];
  if (sequence === undefined || day === undefined || account === undefined) return undefined;
  const reference = {
    accountId: decodeAccount(account),
    sequence: Number.parseInt(sequence, 36),
    day: Number.parseInt(day, 36),
  };
  const possible = isPossible(reference) && reference.day <= greatestDay;
  return possible && encodeReservationId(reference) === id ? reference : undefined;
}

/** Below 10^15, the functions' bound of a count. */
const greatestSequence = 999_999_999_999_999;
const greatestDay = 1_000_000;

function isPossible({ accountId, sequence }: TransactionReference): boolean {
  return accountPattern.test(accountId) && sequence >= 1 && sequence <= greatestSequence;
}

function encodeAccount(accountId: string): string {
  return Buffer.from(accountId, "utf8").toString("base64url");
}

function decodeAccount(text: string): string {
  return Buffer.from(text, "base64url").toString("utf8");
}

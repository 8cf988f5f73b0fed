import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { Decimal } from "#money/decimal.ts";
import type { Account } from "./account.ts";
import type { AmountDerivation } from "./amount-derivation.ts";
import type { Hold } from "./call-rate.ts";
import { CoreError } from "./core-error.ts";
import { decodeHoldTerms, encodeHoldTerms } from "./hold-terms.ts";
import type { Idempotency } from "./idempotency.ts";
import type { Ledger } from "./ledger.ts";
import { type Annotations, encodeMemo } from "./memo.ts";
import type { Commit, Credit, Extend, Reserve } from "./operations.ts";
import type { RatedAccount, Rating, RequestedPrice } from "./rating.ts";
import type { HoldResult, PostingResult } from "./results.ts";

/** What every call that moves money says. */
interface Request extends Annotations {
  readonly idempotency: Idempotency;
}

/** Money in. */
export interface CreditRequest
  extends Request,
    Pick<Credit, "source" | "externalReference" | "kind" | "grant"> {
  readonly accountId: string;
  readonly money: Money;
  readonly quoteId: string;
}

/** A debit. */
export interface ChargeRequest extends Request {
  readonly accountId: string;
  readonly price: RequestedPrice;
}

/** Books a charge that was rated; called once. */
export type PreparedCharge = () => Promise<PostingResult>;

/** A hold. */
export interface ReserveRequest extends ChargeRequest, Pick<Reserve, "holdTtlMs" | "onExpiry"> {}

/** An extension. */
export interface ExtendRequest extends Request, Pick<Extend, "reservationId" | "holdTtlMs"> {
  /** Undefined leaves what is held. */
  readonly remaining: Money | undefined;
}

/** A settlement. */
export interface CommitRequest extends Request, Pick<Commit, "overage" | "keepOpen" | "acceptExpired"> {
  readonly reservationId: string;
  readonly price: RequestedPrice;
}

/**
 * The money-moving calls: the amount is rated, then booked in one step. A call that needs Pricing or Exchange
 * looks first whether it was answered before, so that a retry is answered even when the price is gone or the
 * rate is stale by now; the ledger looks again when it books.
 */
export class Billing {
  readonly #ledger: Ledger;
  readonly #rating: Rating;

  constructor(ledger: Ledger, rating: Rating) {
    this.#ledger = ledger;
    this.#rating = rating;
  }

  async credit(request: CreditRequest): Promise<PostingResult> {
    const { accountId, idempotency, source, externalReference } = request;
    const amountSent = `${request.money.currencyCode} ${Decimal.parse(request.money.amount)}`;
    const { account } = await this.#ledger.getAccount(accountId);
    if (request.money.currencyCode !== account.currencyCode) {
      const reference = externalReference === "" ? undefined : { source, externalReference, amountSent };
      const replay = await this.#ledger.findReplay(accountId, idempotency, reference);
      if (replay !== undefined) return replay;
    }
    const derivation = await this.#rating.rateCredit(ratedAccount(account), request.money, request.quoteId);
    requirePositive(derivation);
    return this.#ledger.credit({
      accountId,
      idempotency,
      amountAtoms: derivation.amountAtoms,
      source,
      externalReference,
      kind: request.kind,
      grant: request.grant,
      amountSent,
      quote: derivation.quote,
      memo: encodeMemo(request, [], derivation),
    });
  }

  async charge(request: ChargeRequest): Promise<PostingResult> {
    const book = await this.prepareCharge(request);
    return book();
  }

  /** Reads and rates a charge, so that many can be rated at once and then booked in order. */
  async prepareCharge(request: ChargeRequest): Promise<PreparedCharge> {
    const { accountId, price, idempotency } = request;
    const { account, serverTimeMs } = await this.#ledger.getAccount(accountId);
    const replay = needsPeers(price, account)
      ? await this.#ledger.findReplay(accountId, idempotency)
      : undefined;
    if (replay !== undefined) return async () => replay;
    const derivation = await this.#rating.rateCharge(ratedAccount(account), price, serverTimeMs);
    if (price.kind === "amount") requirePositive(derivation);
    const charge = {
      accountId,
      idempotency,
      amountAtoms: derivation.amountAtoms,
      quote: derivation.quote,
      memo: encodeMemo(request, usagesOf(price), derivation),
    };
    return () => this.#ledger.charge(charge);
  }

  async reserve(request: ReserveRequest): Promise<HoldResult> {
    const { accountId, price, idempotency, holdTtlMs, onExpiry } = request;
    const { account, serverTimeMs } = await this.#ledger.getAccount(accountId);
    const replay = await this.#findHoldReplay(account, idempotency, needsPeers(price, account));
    if (replay !== undefined) return replay;
    const { derivation, lock } = await this.#rating.rateHold(ratedAccount(account), price, serverTimeMs);
    if (price.kind === "amount") requirePositive(derivation);
    return this.#ledger.reserve({
      accountId,
      idempotency,
      amountAtoms: derivation.amountAtoms,
      holdTtlMs,
      onExpiry,
      quote: derivation.quote,
      terms: encodeHoldTerms({ ...lock, description: request.description, metadata: request.metadata }),
      memo: encodeMemo(request, usagesOf(price), derivation),
    });
  }

  async extend(request: ExtendRequest): Promise<HoldResult> {
    const { reservationId, remaining } = request;
    if (remaining === undefined) return this.#bookExtension(request, undefined);
    const { account, hold } = await this.#readHold(reservationId);
    const converts = remaining.currencyCode !== account.currencyCode;
    const replay = await this.#findHoldReplay(account, request.idempotency, converts);
    if (replay !== undefined) return replay;
    const derivation = await this.#rating.rateExtension(ratedAccount(account), remaining, hold);
    return this.#bookExtension(request, derivation);
  }

  async commit(request: CommitRequest): Promise<HoldResult> {
    const { reservationId, price, idempotency } = request;
    const { account, hold } = await this.#readHold(reservationId);
    const replay = await this.#findHoldReplay(account, idempotency, needsPeers(price, account));
    if (replay !== undefined) return replay;
    const derivation = await this.#rating.rateCommit(ratedAccount(account), price, hold);
    return this.#ledger.commit({
      reservationId,
      idempotency,
      amountAtoms: derivation.amountAtoms,
      overage: request.overage,
      keepOpen: request.keepOpen,
      acceptExpired: request.acceptExpired,
      quote: derivation.quote,
      memo: encodeMemo(request, usagesOf(price), derivation),
    });
  }

  release(request: Request & { readonly reservationId: string }): Promise<HoldResult> {
    const { reservationId, idempotency } = request;
    return this.#ledger.release({ reservationId, idempotency, memo: encodeMemo(request, [], undefined) });
  }

  #bookExtension(request: ExtendRequest, derivation: AmountDerivation | undefined): Promise<HoldResult> {
    const { reservationId, idempotency, holdTtlMs } = request;
    return this.#ledger.extend({
      reservationId,
      idempotency,
      holdTtlMs,
      remainingAtoms: derivation?.amountAtoms,
      memo: encodeMemo(request, [], derivation),
    });
  }

  /** A hold, first because it alone says whether there is such an account. RESERVATION_NOT_FOUND. */
  async #readHold(reservationId: string): Promise<{ account: Account; hold: Hold }> {
    const { reservation } = await this.#ledger.getReservation(reservationId);
    const { account } = await this.#ledger.getAccount(reservation.accountId);
    const hold = { lock: decodeHoldTerms(reservation.terms), createdAtMs: reservation.createdMs };
    return { account, hold };
  }

  /** The first answer to a call on a hold that needs Pricing or Exchange; the ledger itself looks for others. */
  async #findHoldReplay(
    { accountId }: Account,
    idempotency: Idempotency,
    needsPeers: boolean,
  ): Promise<HoldResult | undefined> {
    const replay = needsPeers ? await this.#ledger.findReplay(accountId, idempotency) : undefined;
    return replay?.reservation && { ...replay, reservation: replay.reservation };
  }
}

/** An account as rating sees it. */
export function ratedAccount({ accountId, currencyCode, ledgerScale, settings }: Account): RatedAccount {
  return { accountId, currencyCode, ledgerScale, priceBook: settings.priceBook };
}

function needsPeers(price: RequestedPrice, account: Account): boolean {
  return price.kind === "usage" || price.money.currencyCode !== account.currencyCode;
}

function usagesOf(price: RequestedPrice) {
  return price.kind === "usage" ? price.usages : [];
}

function requirePositive({ amountAtoms }: AmountDerivation): void {
  if (amountAtoms <= 0n) throw new CoreError("AMOUNT_INVALID", "amount: must be more than 0");
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import type { ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { ExpiryAction, Overage, type Reservation } from "#gen/billing/core/v1/reservation_pb.ts";
import type { Transaction } from "#gen/billing/core/v1/transaction_pb.ts";
import { amountOf, atomsOf } from "../testing/expected-cost.ts";
import type { Clients } from "../testing/services.ts";
import type { Price } from "./action.ts";
import type { Answer, Deed, Facts } from "./deed.ts";

type Core = Clients["core"];

const reason = "simulated";
/** Source of the credits with a reference. */
export const creditSource = "admin";

const money = (currencyCode: string, atoms: bigint) => ({ currencyCode, amount: amountOf(atoms) });

function priceOf(price: Price, currency: string) {
  if ("atoms" in price) return { case: "amount" as const, value: { money: money(currency, price.atoms) } };
  const { priceId, quantities } = price;
  return { case: "usage" as const, value: { usages: [{ priceId, quantities: { ...quantities } }] } };
}

/** The request of a charge. */
export function chargeRequest(
  { key, facts }: Deed,
  price: Price,
): MessageInitShape<typeof ChargeRequestSchema> {
  return { accountId: facts.accountId, price: priceOf(price, facts.currency), idempotencyKey: key };
}

/** Sends what a deed is about, once. */
export async function callCore(core: Core, deed: Deed): Promise<Answer> {
  const { facts, key: idempotencyKey } = deed;
  const { accountId, action, currency, names, reference } = facts;
  switch (action.do) {
    case "open":
      await core.createAccount({
        accountId,
        currencyCode: currency,
        creditLimit: money(currency, facts.atoms),
      });
      return nothingPosted;
    case "credit":
    case "credit again":
      return answerOf(await core.credit(creditRequest(facts, idempotencyKey)));
    case "charge":
      return answerOf(await core.charge(chargeRequest(deed, action.price)));
    case "reserve":
      return answerOf(
        await core.reserve({
          accountId,
          price: priceOf(action.price, currency),
          holdTtl: durationFromMs(action.ttlMs),
          onExpiry: action.captures ? ExpiryAction.CAPTURE : ExpiryAction.RELEASE,
          idempotencyKey,
        }),
      );
    case "extend":
      return answerOf(
        await core.extendReservation({
          reservationId: names,
          ...(action.ttlMs === undefined ? {} : { holdTtl: durationFromMs(action.ttlMs) }),
          ...(action.more === 0n ? {} : { remaining: money(currency, facts.heldAtoms + action.more) }),
          idempotencyKey,
        }),
      );
    case "commit":
      return answerOf(
        await core.commit({
          reservationId: names,
          price: priceOf(action.price, currency),
          overage: Overage[action.overage],
          keepOpen: action.keepOpen,
          acceptExpired: action.acceptExpired,
          idempotencyKey,
        }),
      );
    case "release":
      return answerOf(await core.release({ reservationId: names, idempotencyKey }));
    case "refund": {
      const amount = action.atoms === undefined ? {} : { amount: money(currency, action.atoms) };
      return answerOf(await core.refund({ transactionId: names, ...amount, reason, idempotencyKey }));
    }
    case "reverse":
      return answerOf(
        await core.reverseCredit({
          accountId,
          source: creditSource,
          externalReference: reference,
          reversedTotal: money(currency, action.totalAtoms),
          revision: BigInt(action.revision),
          reason,
          idempotencyKey,
        }),
      );
    case "adjust": {
      const { allowNegative, atoms } = action;
      const amount = money(currency, atoms);
      return answerOf(await core.adjustBalance({ accountId, amount, reason, allowNegative, idempotencyKey }));
    }
    case "charge batch":
    case "top up":
      throw new Error(`${action.do} is not one call`);
  }
}

function creditRequest(
  { accountId, action, atoms, currency, reference, endsAtMs }: Facts,
  idempotencyKey: string,
) {
  const grant = action.do === "credit" ? action.grant : undefined;
  return {
    accountId,
    amount: money(currency, atoms),
    source: creditSource,
    externalReference: reference,
    kind: CreditKind[action.do === "credit" ? action.kind : "PURCHASED"],
    ...(grant === undefined ? {} : { priority: grant.priority }),
    ...(endsAtMs === Number.POSITIVE_INFINITY ? {} : { expiresAt: timestampFromMs(endsAtMs) }),
    idempotencyKey,
  };
}

/** An answer without an entry. */
export const nothingPosted: Answer = {
  transaction: undefined,
  reservationId: "",
  expiresMs: 0,
  remainingAtoms: 0n,
  isReplay: false,
  words: "",
};

/** What is kept of a reply. */
export function answerOf(reply: {
  readonly idempotentReplay: boolean;
  readonly transaction?: Transaction | undefined;
  readonly reservation?: Reservation | undefined;
}): Answer {
  const { idempotentReplay, ...rest } = reply;
  const { reservation, transaction } = rest;
  return {
    transaction,
    reservationId: reservation?.reservationId ?? "",
    expiresMs: reservation?.expiresAt === undefined ? 0 : timestampMs(reservation.expiresAt),
    remainingAtoms: atomsOf(reservation?.remaining?.amount ?? "0"),
    isReplay: idempotentReplay,
    words: JSON.stringify(rest, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
  };
}

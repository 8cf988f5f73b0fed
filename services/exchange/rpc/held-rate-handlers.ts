import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type HeldRateSchema, HeldRateState, HoldReason } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { pageOf } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { HeldRate } from "../domain/review/held-rate.ts";
import type { StepRecord } from "../store/records.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { stepMessage } from "./rate-messages.ts";

const stateNumbers = {
  held: HeldRateState.HELD,
  approved: HeldRateState.APPROVED,
  rejected: HeldRateState.REJECTED,
  superseded: HeldRateState.SUPERSEDED,
} as const;
const reasonNumbers = {
  jump: HoldReason.JUMP,
  inverted: HoldReason.INVERTED,
  consensus: HoldReason.CONSENSUS,
  "future-date": HoldReason.FUTURE_DATE,
  revised: HoldReason.REVISED,
} as const;

/** Review of the rates that a guard held. */
export function heldRateHandlers({ live, heldRates, pageTokens }: ExchangeParts) {
  return {
    listHeldRates(request) {
      const { providers, publications } = live.state;
      const { providerId, currencyCode } = request;
      if (providerId !== "") providers.require(providerId);
      const state = request.state || HeldRateState.HELD;
      const matching = publications
        .heldRates()
        .filter(
          (held) =>
            stateNumbers[held.state] === state &&
            (providerId === "" || held.providerId === providerId) &&
            (currencyCode === "" || [held.baseCurrency, held.currency].includes(currencyCode)),
        );
      const filters = ["held", state, providerId, currencyCode];
      const page = pageOf(pageTokens, matching, newestFirst, request, filters);
      return { heldRates: page.items.map(heldRateMessage), nextPageToken: page.nextPageToken };
    },
    async approveHeldRate({ heldRateId, comment }, { caller }) {
      const decision = { heldRateId, state: "approved", comment, decidedBy: caller.subject } as const;
      return { heldRate: heldRateMessage(await heldRates.decide(decision)) };
    },
    async rejectHeldRate({ heldRateId, comment }, { caller }) {
      const decision = { heldRateId, state: "rejected", comment, decidedBy: caller.subject } as const;
      return { heldRate: heldRateMessage(await heldRates.decide(decision)) };
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}

const timeDigits = 16;

/** Grows with age. */
function newestFirst({ fetchedAtMs, heldRateId }: HeldRate): string {
  return `${String(Number.MAX_SAFE_INTEGER - fetchedAtMs).padStart(timeDigits, "0")} ${heldRateId}`;
}

function heldRateMessage(held: HeldRate): MessageInitShape<typeof HeldRateSchema> {
  const { heldRateId, baseCurrency, currency, digits, providerId, publishedAtMs } = held;
  const published = {
    baseCurrency,
    quoteCurrency: currency,
    publishedRate: digits,
    providerId,
    publishedAtMs,
  };
  return {
    heldRateId,
    published: comparedMessage(published),
    holdReason: reasonNumbers[held.reason],
    ...optional("lastGood", held.lastGood, comparedMessage),
    changePercent: held.changePercent,
    others: held.others.map(comparedMessage),
    state: stateNumbers[held.state],
    fetchedAt: timestampFromMs(held.fetchedAtMs),
    ...optional("decidedAt", held.decidedAtMs, timestampFromMs),
    decidedBy: held.decidedBy,
    comment: held.comment,
  };
}

function comparedMessage(step: StepRecord) {
  return stepMessage({ ...step, inverted: false });
}

import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type CommitRequest, CommitRequestSchema, ReservationState } from "../../client/messages/core.ts";
import { type Holdfast, HoldfastError } from "../../client/node.ts";
import { OpenAiError } from "./openai-error.ts";
import type { TokenUsage } from "./token-usage.ts";
import type { UnsettledCommits } from "./unsettled-commits.ts";

/** A call that is to be paid. */
export interface PaidCall {
  readonly accountId: string;
  readonly priceId: string;
  /** The same for each repetition of the call by its caller. */
  readonly key: string;
  /** Digest of the request: the same key with another one is refused. */
  readonly digest: string;
}

/** What a call cost and what is left, as text for people. */
export interface Receipt {
  readonly charged: string;
  readonly available: string;
}

/** How much longer a hold lasts than its call may take; a gateway that dies leaves nothing held beyond it. */
const settlingMs = 60_000;
/** Repetitions of a call after failures that cost nothing. */
const mostAttempts = 20;

const usagesOf = (priceId: string, { inputTokens, outputTokens, cachedInputTokens }: TokenUsage) => ({
  case: "usage" as const,
  value: {
    usages: [
      {
        priceId,
        quantities: {
          input_tokens: String(inputTokens),
          output_tokens: String(outputTokens),
          ...(cachedInputTokens === 0 ? {} : { cached_input_tokens: String(cachedInputTokens) }),
        },
      },
    ],
  },
});

/** Hold before the call, settle after it. */
export class Billing {
  readonly #core: Holdfast["core"];
  readonly #unsettled: UnsettledCommits;

  constructor(core: Holdfast["core"], unsettled: UnsettledCommits) {
    this.#core = core;
    this.#unsettled = unsettled;
  }

  /**
   * Holds what a call may cost. A repeated call finds the hold of its earlier attempt and goes on with it; where
   * that ended without cost it gets a new one.
   *
   * @throws OpenAiError if the call was charged already. HoldfastError if the ledger refuses.
   */
  async hold(call: PaidCall, bound: TokenUsage, longestCallMs: number): Promise<string> {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const { reservation, idempotentReplay } = await this.#core.reserve({
        accountId: call.accountId,
        price: usagesOf(call.priceId, bound),
        holdTtl: durationFromMs(longestCallMs + Math.min(settlingMs, longestCallMs)),
        idempotencyKey: `${call.key}.${attempt}`,
        metadata: { request: call.digest },
      });
      const reservationId = reservation?.reservationId ?? "";
      if (!idempotentReplay) return reservationId;
      const now = await this.#core.getReservation({ reservationId });
      if (now.reservation?.state === ReservationState.HELD) return reservationId;
      if (now.reservation?.state === ReservationState.COMMITTED)
        throw new OpenAiError(
          409,
          "invalid_request_error",
          "already_charged",
          "This call was charged before.",
        );
    }
    throw new OpenAiError(409, "invalid_request_error", "too_many_attempts", "Use a new Idempotency-Key.");
  }

  /** Takes what the call really cost. Where billing is away it is noted and taken later; undefined then. */
  async settle(reservationId: string, priceId: string, usage: TokenUsage): Promise<Receipt | undefined> {
    const request = create(CommitRequestSchema, {
      reservationId,
      price: usagesOf(priceId, usage),
      // The tokens were used, whatever became of the hold.
      acceptExpired: true,
      idempotencyKey: `commit.${createHash("sha256").update(reservationId).digest("hex")}`,
    });
    try {
      return await this.#commit(request, priceId, usage);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      this.#unsettled.note(request, error);
      return undefined;
    }
  }

  /** Gives the hold back. It ends by itself where billing is away. */
  async release(reservationId: string): Promise<void> {
    await this.#core.release({ reservationId }).catch(() => {});
  }

  async #commit(request: CommitRequest, priceId: string, usage: TokenUsage): Promise<Receipt> {
    try {
      const { transaction, balance } = await this.#core.commit(request);
      const { amount = "", currencyCode = "" } = transaction?.amount ?? {};
      const charged = amount.replace(/^-/, "");
      return {
        charged: `${charged} ${currencyCode}`,
        available: `${balance?.available?.amount} ${currencyCode}`,
      };
    } catch (error) {
      // A price without a rate of its own for cached tokens takes them as the input that they are.
      if (
        !(error instanceof HoldfastError && error.reason === "METER_UNKNOWN" && usage.cachedInputTokens > 0)
      )
        throw error;
      const plain = { ...usage, cachedInputTokens: 0 };
      request.price = create(CommitRequestSchema, { price: usagesOf(priceId, plain) }).price;
      return this.#commit(request, priceId, plain);
    }
  }
}

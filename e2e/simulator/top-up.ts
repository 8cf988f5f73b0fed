import { setTimeout as pause } from "node:timers/promises";
import type { StripeEvent } from "../stripe/stripe-objects.ts";
import { deliver } from "../stripe/webhooks.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import type { Action } from "./action.ts";
import type { Answer, Deed } from "./deed.ts";
import { readFailure } from "./outcome.ts";
import { nothingPosted } from "./requests.ts";
import { settle } from "./settle.ts";
import type { SimulatedAccount } from "./simulated-account.ts";
import type { SimulatedSystem } from "./system.ts";

type TopUpAction = Extract<Action, { do: "top up" }>;

/** What a payment must have come to in the ledger. */
export interface ExpectedPayment {
  readonly account: SimulatedAccount;
  /** Stripe's payment intent. */
  readonly reference: string;
  readonly creditedAtoms: bigint;
  readonly reversedAtoms: bigint;
}

const deliveredWithinMs = 120_000;
const atomsPerCent = 1_000_000n;

/** Payments by the stand-in for Stripe, whose events arrive in any order, some of them twice. */
export class TopUps {
  readonly #system: SimulatedSystem;
  /** Events of the call of the stand-in that is running. */
  #emitted: StripeEvent[] = [];
  deliveries = 0;

  constructor(system: SimulatedSystem) {
    this.#system = system;
    system.stripe.records.onEvent((event) => this.#emitted.push(event));
  }

  /** Begins a payment, pays it and delivers what Stripe tells of it. */
  async play(account: SimulatedAccount, deed: Deed, action: TopUpAction): Promise<ExpectedPayment> {
    const sessionId = await this.#begin(deed, action);
    const random = new SeededRandom(action.orderSeed);
    const { checkout, records, reversals } = this.#system.stripe;
    const pay = {
      "at once": () => checkout.pay(sessionId),
      later: () => {
        checkout.payLater(sessionId);
        checkout.settleLater(sessionId, true);
      },
      "after a decline": () => {
        checkout.decline(sessionId);
        checkout.pay(sessionId);
      },
    }[action.pays];
    const events = this.#eventsOf(pay);
    const reference = records.sessions.get(sessionId).payment_intent!;
    const partCents = Math.max(1, Math.floor(action.cents / 3));
    const refund = (cents: number) => reversals.refund({ payment_intent: reference, amount: String(cents) });
    const after = {
      nothing: () => {},
      "refunded in part": () => refund(partCents),
      refunded: () => refund(action.cents),
      "dispute won": () => {
        const { id } = reversals.openDispute(records.intents.get(reference).latest_charge!);
        reversals.closeDispute(id, "won");
      },
    }[action.afterwards];
    events.push(...this.#eventsOf(after));
    await this.#deliverInAnyOrder(events, random);
    const reversedCents = {
      nothing: 0,
      "refunded in part": partCents,
      refunded: action.cents,
      "dispute won": 0,
    };
    return {
      account,
      reference,
      creditedAtoms: BigInt(action.cents) * atomsPerCent,
      reversedAtoms: BigInt(reversedCents[action.afterwards]) * atomsPerCent,
    };
  }

  /** The stand-in answers at once, so that what it tells meanwhile is about this call. */
  #eventsOf(call: () => unknown): StripeEvent[] {
    this.#emitted = [];
    call();
    return this.#emitted;
  }

  async #begin(deed: Deed, { cents }: TopUpAction): Promise<string> {
    const { accountId, currency } = deed.facts;
    let sessionId = "";
    const begin = async (): Promise<Answer> => {
      const { payment } = await this.#system.admin.createCheckoutSession({
        accountId,
        amount: { currencyCode: currency, amount: (cents / 100).toFixed(2) },
        idempotencyKey: deed.key,
      });
      sessionId = payment!.checkoutSessionId;
      return { ...nothingPosted, words: sessionId };
    };
    const send = async () => [
      await begin().then((answer) => ({ kind: "answered", answer }) as const, readFailure),
    ];
    const contradictions = await settle([deed], "admin", send, this.#system.stopped);
    if (contradictions.length > 0) throw new Error(contradictions.join("\n"));
    return sessionId;
  }

  async #deliverInAnyOrder(events: readonly StripeEvent[], random: SeededRandom): Promise<void> {
    const order = random.shuffled([...events, ...events.filter(() => random.chance(0.4))]);
    for (const event of order) await this.#deliverUntilTaken(event);
  }

  /** As Stripe does. */
  async #deliverUntilTaken(event: StripeEvent): Promise<void> {
    const deadlineMs = Date.now() + deliveredWithinMs;
    for (;;) {
      this.deliveries++;
      const { status, body } = await deliver(event, this.#system.webhook);
      if (status === 200) return;
      if (Date.now() > deadlineMs) throw new Error(`event ${event.type} was not taken: ${status} ${body}`);
      await pause(200, undefined, { signal: this.#system.stopped });
    }
  }
}

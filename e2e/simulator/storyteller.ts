import { setTimeout as pause } from "node:timers/promises";
import { costAtoms } from "../testing/expected-cost.ts";
import type { Action, Currency, Door, Price, Step, Story } from "./action.ts";
import { type Attempt, Deed, type Facts } from "./deed.ts";
import { readFailure, readReason } from "./outcome.ts";
import { answerOf, callCore, chargeRequest } from "./requests.ts";
import { type Send, settle } from "./settle.ts";
import { SimulatedAccount } from "./simulated-account.ts";
import type { SimulatedSystem } from "./system.ts";
import type { ExpectedPayment, TopUps } from "./top-up.ts";

/** Longest wait for the end of a hold. */
const longestWaitMs = 5_000;

/** What the telling of stories came to. */
export interface Told {
  /** Steps left out, since the step that they follow was refused. */
  skipped: number;
  readonly contradictions: string[];
  readonly payments: ExpectedPayment[];
}

/** Tells stories: sends their steps, each as often as it takes. */
export class Storyteller {
  readonly told: Told = { skipped: 0, contradictions: [], payments: [] };
  readonly #system: SimulatedSystem;
  readonly #topUps: TopUps;
  readonly #idOf: (account: number) => string;
  readonly accounts = new Map<number, SimulatedAccount>();

  constructor(system: SimulatedSystem, topUps: TopUps, idOf: (account: number) => string) {
    this.#system = system;
    this.#topUps = topUps;
    this.#idOf = idOf;
  }

  /** Tells a story to its end; `onStep` is called before each step. */
  async tell({ account, steps }: Story, onStep: () => void): Promise<void> {
    const deeds: Array<Deed | undefined> = [];
    for (const step of steps) {
      onStep();
      deeds.push(await this.#perform(account, step, deeds));
    }
  }

  /** The deed, or the last of a batch; undefined if it was left out. */
  async #perform(
    account: number,
    step: Step,
    deeds: ReadonlyArray<Deed | undefined>,
  ): Promise<Deed | undefined> {
    const { action } = step;
    if (action.do === "open") {
      const accountId = this.#idOf(account);
      this.accounts.set(account, new SimulatedAccount(accountId, action.currency, action.limitAtoms));
    }
    if (action.do === "charge batch") return this.#chargeBatch(step, action.lines);
    const earlier = "hold" in action ? deeds[action.hold] : "of" in action ? deeds[action.of] : undefined;
    if (("hold" in action || "of" in action) && earlier?.answer === undefined) {
      this.told.skipped++;
      return undefined;
    }
    if (action.do === "commit" && action.late) await waitUntil(latestEndOf(deeds));
    const deed = this.#newDeed(account, step.number, factsOf(this.#account(account), step, earlier, deeds));
    if (action.do === "top up") {
      this.told.payments.push(await this.#topUps.play(this.#account(account), deed, action));
      return deed;
    }
    await this.#sendAsPlanned(
      [deed],
      step,
      (door) =>
        ([each]) =>
          attemptOf(callCore(this.#system.cores[door], each!)),
    );
    return deed;
  }

  async #chargeBatch(
    step: Step,
    lines: readonly { account: number; atoms: bigint }[],
  ): Promise<Deed | undefined> {
    const deeds = lines.map(({ account, atoms }, index) => {
      const { accountId, currency } = this.#account(account);
      const facts = { ...blankFacts(accountId, currency, step.action), atoms };
      return this.#newDeed(account, step.number + index, facts);
    });
    await this.#sendAsPlanned(deeds, step, (door) => (waiting) => this.#sendBatch(door, waiting));
    return deeds.at(-1);
  }

  async #sendBatch(door: Door, deeds: readonly Deed[]): Promise<Attempt[]> {
    const charges = deeds.map((deed) => chargeRequest(deed, { atoms: deed.facts.atoms }));
    try {
      const { results } = await this.#system.cores[door].chargeBatch({ charges });
      return results.map(({ result }) => {
        if (result.case === "charged") return { kind: "answered", answer: answerOf(result.value) };
        const { reason = "none", message = "" } = result.value ?? {};
        if (result.case === "outcomeUnknown") return { kind: "unknown", reason };
        return readReason(reason, message);
      });
    } catch (error) {
      const failure = readFailure(error);
      return deeds.map(() => failure);
    }
  }

  /** Sends once, or twice with the same keys, and waits for the answers. */
  async #sendAsPlanned(
    deeds: readonly Deed[],
    { door, again }: Step,
    sendBy: (door: Door) => Send,
  ): Promise<void> {
    const send = (by: Door) => settle(deeds, by, sendBy(by), this.#system.stopped);
    const second = again && (() => send(again.door));
    const sent =
      again?.when === "at once"
        ? await Promise.all([send(door), second!()])
        : [await send(door), ...(second === undefined ? [] : [await second()])];
    this.told.contradictions.push(...sent.flat());
  }

  #newDeed(account: number, number: number, facts: Facts): Deed {
    const deed = new Deed(number, `op-${number}`, facts);
    this.#account(account).deeds.set(deed.key, deed);
    return deed;
  }

  #account(account: number): SimulatedAccount {
    return this.accounts.get(account)!;
  }
}

async function attemptOf(call: ReturnType<typeof callCore>): Promise<Attempt[]> {
  try {
    return [{ kind: "answered", answer: await call }];
  } catch (error) {
    return [readFailure(error)];
  }
}

function factsOf(
  { accountId, currency }: SimulatedAccount,
  { action, number }: Step,
  earlier: Deed | undefined,
  deeds: ReadonlyArray<Deed | undefined>,
): Facts {
  const facts = blankFacts(accountId, currency, action);
  switch (action.do) {
    case "open":
      return { ...facts, atoms: action.limitAtoms };
    case "credit": {
      const reference = action.hasReference ? `order-${number}` : "";
      const endsInMs = action.grant?.endsInMs ?? Number.POSITIVE_INFINITY;
      return { ...facts, atoms: action.atoms, reference, endsAtMs: Date.now() + endsInMs };
    }
    case "credit again":
      return { ...facts, atoms: earlier!.facts.atoms, reference: earlier!.facts.reference };
    case "reverse":
      return { ...facts, atoms: action.totalAtoms, reference: earlier!.facts.reference };
    case "charge":
    case "reserve":
      return { ...facts, atoms: atomsFor(action.price, currency) };
    case "commit":
      return { ...facts, atoms: atomsFor(action.price, currency), names: earlier!.answer!.reservationId };
    case "extend":
    case "release":
      return { ...facts, names: earlier!.answer!.reservationId, heldAtoms: lastHeldAtoms(deeds) };
    case "refund":
      return { ...facts, names: earlier!.answer!.transaction!.transactionId };
    default:
      return facts;
  }
}

function blankFacts(accountId: string, currency: Currency, action: Action): Facts {
  const endsAtMs = Number.POSITIVE_INFINITY;
  return { accountId, currency, action, atoms: 0n, endsAtMs, names: "", reference: "", heldAtoms: 0n };
}

function atomsFor(price: Price, currency: Currency): bigint {
  return "atoms" in price ? price.atoms : costAtoms(price.priceId, price.quantities, currency);
}

/** What the hold of a story holds, as its last answer said. */
function lastHeldAtoms(deeds: ReadonlyArray<Deed | undefined>): bigint {
  return deeds.findLast((deed) => deed?.answer?.reservationId)?.answer?.remainingAtoms ?? 0n;
}

function latestEndOf(deeds: ReadonlyArray<Deed | undefined>): number {
  return Math.max(0, ...deeds.map((deed) => deed?.answer?.expiresMs ?? 0));
}

/** Unless the hold was extended for long. */
async function waitUntil(endMs: number): Promise<void> {
  const leftMs = endMs - Date.now();
  if (leftMs > 0 && leftMs < longestWaitMs) await pause(leftMs + 1);
}

import { setTimeout as sleep } from "node:timers/promises";
import { CommonError } from "#platform/errors/common-error.ts";
import { type DurableQueue, openQueue } from "#platform/queue/durable-queue.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript, type Script } from "#platform/redis/script.ts";
import { inboxKeys as keys } from "./inbox-keys.ts";
import { paymentKeys } from "./payment-keys.ts";
import { type IndexPage, type IndexRange, readPage } from "./time-index.ts";

/** What became of an event. */
export type EventState = "RECEIVED" | "APPLIED" | "DUPLICATE" | "IGNORED" | "FAILED" | "PARKED";
export type EventOrigin = "WEBHOOK" | "RECONCILER";

/** An event in the inbox. Times are epoch milliseconds. */
export interface StoredEvent<F> {
  readonly eventId: string;
  readonly facts: F;
  readonly origin: EventOrigin;
  readonly state: EventState;
  readonly receivedAtMs: number;
  readonly processedAtMs: number | undefined;
  readonly nextAttemptAtMs: number | undefined;
  readonly deliveryCount: number;
  readonly attemptCount: number;
  /** Empty where nothing is known. */
  readonly paymentId: string;
  readonly accountId: string;
  readonly error: string;
  readonly effect: string;
  readonly transactionId: string;
}

/** What is noted of an attempt. */
export interface EventOutcome {
  readonly state: Exclude<EventState, "RECEIVED" | "PARKED">;
  readonly paymentId?: string;
  readonly accountId?: string;
  readonly effect?: string;
  readonly transactionId?: string;
  readonly error?: string;
  readonly nextAttemptAtMs?: number;
}

/** Which index a page is read from. */
export type EventScope = { readonly paymentId: string } | { readonly objectId: string } | "failed" | "all";

/** How long an event is kept. */
const keptMs = 400 * 86_400_000;
/** Attempts, a second apart at first and an hour at last, before an event stays failed: about ten hours. */
export const eventAttempts = 20;
const mostParked = 1_000;
/** Longer than noting what became of a message takes. */
const unparking = { looks: 20, pauseMs: 100 } as const;

const fieldNames =
  "facts origin state received processed next deliveries attempts payment account error effect transaction".split(
    " ",
  );

const script = (name: string): Script =>
  createScript("write", readLua(import.meta.url, `./scripts/${name}.lua`));
const finishScript = script("finish-event");
const parkScript = script("park-event");

/** The durable inbox of Stripe's events: each is kept once, whatever arrives how often. */
export class StripeEventStore<F> {
  /** Event ids whose effect is to come. */
  readonly queue: DurableQueue;
  readonly #redis: Redis;
  readonly #receiveScript: Script;
  readonly #listeners = new Set<() => void>();

  constructor(redis: Redis) {
    this.#redis = redis;
    const queue = openQueue({ redis, prefix: keys.queue, maxAttempts: eventAttempts, maxPayloadBytes: 0 });
    // What is received here is put into the queue by the inbox's own script.
    this.queue = {
      ...queue,
      onEnqueue: (listener) => {
        this.#listeners.add(listener);
        const stop = queue.onEnqueue(listener);
        return () => {
          this.#listeners.delete(listener);
          stop();
        };
      },
    };
    const receive = readLua(import.meta.url, "./scripts/receive-event.lua");
    this.#receiveScript = createScript("write", this.queue.embedded.lua, receive);
  }

  /**
   * Takes an event in, durably, and says whether it is new.
   *
   * @throws CommonError OVERLOADED if the queue is full, STORE_UNAVAILABLE: it may be in or not; a repeat is safe.
   */
  async receive(
    eventId: string,
    objectId: string,
    facts: F,
    origin: EventOrigin,
  ): Promise<"NEW" | EventState> {
    const { embedded } = this.queue;
    const reply = await runScript<string>(
      this.#redis,
      this.#receiveScript,
      [keys.record(eventId), keys.all, keys.ofObject(objectId), ...embedded.keys],
      [
        eventId,
        JSON.stringify(facts),
        origin,
        String(keptMs),
        ...embedded.arguments({ id: eventId, payload: "" }),
      ],
    );
    if (reply === "FULL") throw new CommonError("OVERLOADED", "too many events wait for their effect");
    for (const listener of this.#listeners) listener();
    return reply as "NEW" | EventState;
  }

  async read(eventId: string): Promise<StoredEvent<F> | undefined> {
    const key = keys.record(eventId);
    const values = await this.#redis.command<Array<string | null>>(key, ["HMGET", key, ...fieldNames]);
    const fields = Object.fromEntries(fieldNames.map((name, index) => [name, values[index] ?? undefined]));
    return fields.facts === undefined ? undefined : toEvent<F>(eventId, fields);
  }

  /** Notes what became of it; what it did, and its transaction, outlive a later attempt that does nothing or fails. */
  async finish(eventId: string, outcome: EventOutcome): Promise<void> {
    const { state, paymentId = "" } = outcome;
    const fields = {
      ...(paymentId === "" ? {} : { payment: paymentId }),
      ...(outcome.accountId === undefined ? {} : { account: outcome.accountId }),
      effect: outcome.effect ?? "",
      transaction: outcome.transactionId ?? "",
      error: (outcome.error ?? "").slice(0, 1_000),
      next: outcome.nextAttemptAtMs === undefined ? "" : String(Math.round(outcome.nextAttemptAtMs)),
      processed: state === "FAILED" ? "" : String(Date.now()),
    };
    await runScript(
      this.#redis,
      finishScript,
      [keys.record(eventId), keys.failed, paymentId === "" ? keys.failed : keys.ofPayment(paymentId)],
      [eventId, state, String(keptMs), "1", ...Object.entries(fields).flat()],
    );
  }

  /** Lets it wait for the payment of an intent; false if that payment is known by now. */
  async park(eventId: string, intentId: string): Promise<boolean> {
    const parked = await runScript<number>(
      this.#redis,
      parkScript,
      [keys.record(eventId), keys.parkedFor(intentId), paymentKeys.byStripeId, keys.failed],
      [eventId, intentId, String(keptMs)],
    );
    return parked === 1;
  }

  /**
   * Puts what waits for the payment of an intent into the queue. Broken off, it can be repeated. An event is parked a
   * moment before its message is done, and can't be put again until then: it is waited for, but for `ownId`, the one
   * that is worked on now.
   */
  async unpark(intentId: string, ownId: string): Promise<void> {
    for (let looks = 0; looks < unparking.looks; looks++) {
      if (looks > 0) await sleep(unparking.pauseMs);
      if (await this.#unparkOnce(keys.parkedFor(intentId), ownId)) return;
    }
    // What is still there has lost its worker and comes again when its lease ends, or was given up and can be replayed.
  }

  async #unparkOnce(key: string, ownId: string): Promise<boolean> {
    const eventIds = await this.#redis.command<string[]>(key, ["SRANDMEMBER", key, String(mostParked)]);
    let isDone = true;
    for (const id of eventIds) {
      const { isNew } = await this.queue.enqueue({ id, payload: "" });
      if (isNew || id === ownId) await this.#redis.command(key, ["SREM", key, id]);
      else isDone = false;
    }
    return isDone;
  }

  page(scope: EventScope, range: IndexRange): Promise<IndexPage<StoredEvent<F>>> {
    return readPage(this.#redis, keyOf(scope), range, (id) => this.read(id));
  }

  /** How many wait for their effect. */
  async countWaiting(): Promise<number> {
    const { due, delayed, leased } = await this.queue.stats();
    return due + delayed + leased;
  }

  /** How many have no effect yet though it was attempted. */
  countFailed(): Promise<number> {
    return this.#redis.command<number>(keys.failed, ["ZCARD", keys.failed]);
  }
}

function keyOf(scope: EventScope): string {
  if (scope === "all") return keys.all;
  if (scope === "failed") return keys.failed;
  return "paymentId" in scope ? keys.ofPayment(scope.paymentId) : keys.ofObject(scope.objectId);
}

function toEvent<F>(eventId: string, fields: Readonly<Partial<Record<string, string>>>): StoredEvent<F> {
  const time = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    eventId,
    facts: JSON.parse(fields.facts!) as F,
    origin: fields.origin as EventOrigin,
    state: fields.state as EventState,
    receivedAtMs: Number(fields.received),
    processedAtMs: time(fields.processed),
    nextAttemptAtMs: time(fields.next),
    deliveryCount: Number(fields.deliveries),
    attemptCount: Number(fields.attempts),
    paymentId: fields.payment ?? "",
    accountId: fields.account ?? "",
    error: fields.error ?? "",
    effect: fields.effect ?? "",
    transactionId: fields.transaction ?? "",
  };
}

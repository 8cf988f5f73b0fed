/**
 * A queue of messages in Redis that survives killed workers and restarts of either side.
 *
 * Written here rather than taken: BullMQ, the library that is kept best, speaks through ioredis with
 * connections of its own, so it would bypass the one Redis factory and its deadlines, and it cannot enqueue
 * within another script, by which an effect and its message become one write.
 *
 * A message is delivered at least once: a worker leases it and completes it, and a lease that ends without
 * either makes it due again. The receiver knows a repeat by the message id. Time is the server's.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "../redis/redis.ts";
import { runScript, type Script } from "../redis/script.ts";
import { embeddedLua, queueScripts as scripts } from "./queue-scripts.ts";

/** Where a queue is and what it may hold. All its instances give the same. */
export interface QueueOptions {
  readonly redis: Redis;
  /** Beginning of its keys, with a hash tag: `{orders}:webhooks`. Scripts that enqueue share the tag. */
  readonly prefix: string;
  /** Messages that wait or are leased; more are refused. Default 100,000. */
  readonly maxLength?: number;
  /** Default 65,536. */
  readonly maxPayloadBytes?: number;
  /** Attempts before a message is given up. Default 10. */
  readonly maxAttempts?: number;
  /** Dead letters that are kept; beyond it the oldest are dropped and counted. Default 10,000. */
  readonly maxDeadLetters?: number;
}

/** A message to put. */
export interface NewMessage {
  /**
   * 1 to 128 bytes; while the queue holds a message of this id, also as a dead letter, another is not put. A
   * call whose reply was lost is repeated with the same id. Default: a random one.
   */
  readonly id?: string;
  readonly payload: string;
  /** Earliest delivery, in milliseconds from now. Default 0. */
  readonly delayMs?: number;
}

/** A message that is leased to a worker. */
export interface Delivery {
  /** The same at each delivery. */
  readonly id: string;
  /** Tells this lease from any other of the message. */
  readonly delivery: number;
  /** 1 at first; anew after a redelivery of a dead letter. */
  readonly attempt: number;
  readonly enqueuedMs: number;
  readonly payload: string;
}

/** What a claim gave. */
export interface Claim {
  readonly deliveries: readonly Delivery[];
  /** Milliseconds until a message or the end of a lease is due; undefined if nothing waits. */
  readonly nextDueMs: number | undefined;
}

/** A message that was given up. */
export interface DeadLetter {
  readonly id: string;
  readonly diedMs: number;
  readonly attempts: number;
  readonly enqueuedMs: number;
  /** Why the last attempt failed. */
  readonly reason: string;
  readonly payload: string;
}

/** How full a queue is. */
export interface QueueStats {
  /** Messages that could be delivered now. */
  readonly due: number;
  /** Messages that wait for their time. */
  readonly delayed: number;
  readonly leased: number;
  readonly dead: number;
  /** Dead letters that were dropped, ever. */
  readonly dropped: number;
  readonly isPaused: boolean;
  /** How long the message that is due for longest has been so; 0 if none is. */
  readonly longestDueMs: number;
}

/** The queue has no room or the message is too large; nothing was put. */
export class QueueRefusal extends Error {
  override readonly name = "QueueRefusal";
  readonly reason: "FULL" | "PAYLOAD_TOO_LARGE";

  constructor(reason: "FULL" | "PAYLOAD_TOO_LARGE", prefix: string) {
    super(`the queue ${prefix} refuses the message: ${reason}`);
    this.reason = reason;
  }
}

/** What a script needs to enqueue as part of its own write. */
export interface EmbeddedEnqueue {
  /**
   * Lua that defines, for the start of a script: `queue_at(KEYS, first)`, `queue_message(ARGV, first)`,
   * `queue_now_ms()`, then `queue_refusal(queue, message)`, which reads only and gives nil, DUPLICATE, FULL or
   * PAYLOAD_TOO_LARGE, and `queue_put(queue, message, now_ms)`, which writes and cannot fail after it. The
   * script may set `message.payload` in between.
   */
  readonly lua: string;
  /** The seven keys to declare from KEYS[first]. */
  readonly keys: readonly string[];
  /** The five arguments from ARGV[first]. */
  arguments(message: NewMessage & { readonly id: string }): string[];
}

export type FailOutcome = "WAITING" | "DEAD" | "LOST";

export interface DurableQueue {
  /**
   * Puts a message, unless the queue holds one of its id.
   *
   * @throws QueueRefusal, RangeError for an id or delay out of bounds, or STORE_UNAVAILABLE: then it may have
   * been put, and a repeat with the same id is safe.
   */
  enqueue(message: NewMessage): Promise<{ readonly id: string; readonly isNew: boolean }>;
  readonly embedded: EmbeddedEnqueue;
  /** Leases up to `count` messages that are due, none while paused, for `leaseMs`. Each is an attempt. */
  claim(count: number, leaseMs: number): Promise<Claim>;
  /** Removes a handled message; false if its lease was lost, so that it comes or came again. */
  complete(delivery: Delivery): Promise<boolean>;
  /** Ends an attempt; the message comes again after `retryInMs`, or is given up at its last attempt. */
  fail(delivery: Delivery, reason: string, retryInMs: number): Promise<FailOutcome>;
  /** Gives a message up now. */
  bury(delivery: Delivery, reason: string): Promise<FailOutcome>;
  /** Gives a lease back without an attempt: the message is due at once. */
  release(delivery: Delivery): Promise<FailOutcome>;
  /** Up to 100 dead letters, the longest dead first; `after` is the last one of the page before. */
  listDeadLetters(limit: number, after?: Pick<DeadLetter, "id" | "diedMs">): Promise<DeadLetter[]>;
  /** Lets up to 1,000 dead letters wait again, with all their attempts; gives how many it could. */
  redeliver(ids: readonly string[]): Promise<number>;
  /** Stops deliveries everywhere until `resume`; messages under way are finished. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stats(): Promise<QueueStats>;
  /** Calls back after each `enqueue` of this object; gives a function that ends it. */
  onEnqueue(listener: () => void): () => void;
}

const longestIdBytes = 128;
const longestDelayMs = 365 * 24 * 60 * 60 * 1_000;
const longestReason = 1_000;
const mostDeadLettersListed = 100;
const mostRedelivered = 1_000;

const keyNames = ["payloads", "records", "waiting", "leased", "dead", "reasons", "control"] as const;

/** Opens a queue; it exists from its first message on. Throws RangeError if the prefix has no hash tag. */
export function openQueue(options: QueueOptions): DurableQueue {
  const { redis, prefix, maxLength = 100_000, maxPayloadBytes = 65_536 } = options;
  const { maxAttempts = 10, maxDeadLetters = 10_000 } = options;
  if (!/^[^{]*\{[^}]+\}/.test(prefix)) throw new RangeError(`the queue's prefix ${prefix} has no {hash tag}`);
  const keys = keyNames.map((name) => `${prefix}:${name}`);
  const listeners = new Set<() => void>();

  const run = <T>(script: Script, ...args: ReadonlyArray<string | number>) =>
    runScript<T>(redis, script, keys, args.map(String));
  const argumentsOf = ({ id, payload, delayMs = 0 }: NewMessage & { readonly id: string }) => {
    checkMessage(id, delayMs);
    return [id, payload, String(Math.round(delayMs)), String(maxLength), String(maxPayloadBytes)];
  };
  const end = ({ id, delivery }: Delivery, reason: string, waitMs: number, counts = true) =>
    run<FailOutcome>(
      scripts.fail,
      id,
      delivery,
      reason.slice(0, longestReason),
      waitMs,
      maxAttempts,
      maxDeadLetters,
      counts ? 1 : 0,
    );
  const control = (value: "0" | "1") => redis.command(prefix, ["HSET", `${prefix}:control`, "paused", value]);

  return {
    async enqueue(message) {
      const id = message.id ?? randomUUID();
      const reply = await run<string>(scripts.enqueue, ...argumentsOf({ ...message, id }));
      if (reply === "FULL" || reply === "PAYLOAD_TOO_LARGE") throw new QueueRefusal(reply, prefix);
      for (const listener of listeners) listener();
      return { id, isNew: reply === "OK" };
    },
    embedded: { lua: embeddedLua, keys, arguments: argumentsOf },
    claim: async (count, leaseMs) =>
      readClaim(await run<unknown[]>(scripts.claim, count, leaseMs, maxAttempts, maxDeadLetters)),
    complete: async ({ id, delivery }) => (await run<number>(scripts.complete, id, delivery)) === 1,
    fail: (delivery, reason, retryInMs) => end(delivery, reason, Math.max(0, Math.round(retryInMs))),
    bury: (delivery, reason) => end(delivery, reason, -1),
    release: (delivery) => end(delivery, "given back", 0, false),
    async listDeadLetters(limit, after) {
      const most = Math.min(limit, mostDeadLettersListed);
      return readDeadLetters(await run(scripts.listDead, most, after?.id ?? "", after?.diedMs ?? ""));
    },
    async redeliver(ids) {
      if (ids.length > mostRedelivered) throw new RangeError(`at most ${mostRedelivered} ids at once`);
      const count = await run<number>(scripts.redeliver, maxLength, ...ids);
      for (const listener of listeners) listener();
      return count;
    },
    pause: async () => void (await control("1")),
    resume: async () => void (await control("0")),
    async stats() {
      const [due, delayed, leased, dead, dropped, paused, longestDueMs] = await run<number[]>(scripts.stats);
      return { due, delayed, leased, dead, dropped, isPaused: paused === 1, longestDueMs } as QueueStats;
    },
    onEnqueue(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function checkMessage(id: string, delayMs: number): void {
  const bytes = Buffer.byteLength(id);
  if (bytes < 1 || bytes > longestIdBytes)
    throw new RangeError(`a message id has 1 to ${longestIdBytes} bytes`);
  if (!(delayMs >= 0 && delayMs <= longestDelayMs)) {
    throw new RangeError(`a message's delay lies between 0 and ${longestDelayMs} ms`);
  }
}

/** Replies repeat the same columns; see the scripts' headers. */
function rowsOf(reply: readonly unknown[], columns: number): unknown[][] {
  return Array.from({ length: reply.length / columns }, (_, row) =>
    reply.slice(row * columns, (row + 1) * columns),
  );
}

function readClaim([wait, ...rows]: readonly unknown[]): Claim {
  const deliveries = rowsOf(rows, 5).map(([id, delivery, attempt, enqueuedMs, payload]) => ({
    id: String(id),
    delivery: Number(delivery),
    attempt: Number(attempt),
    enqueuedMs: Number(enqueuedMs),
    payload: String(payload),
  }));
  return { deliveries, nextDueMs: Number(wait) < 0 ? undefined : Number(wait) };
}

function readDeadLetters(reply: unknown[]): DeadLetter[] {
  return rowsOf(reply, 6).map(([id, diedMs, attempts, enqueuedMs, reason, payload]) => ({
    id: String(id),
    diedMs: Number(diedMs),
    attempts: Number(attempts),
    enqueuedMs: Number(enqueuedMs),
    reason: String(reason),
    payload: String(payload),
  }));
}

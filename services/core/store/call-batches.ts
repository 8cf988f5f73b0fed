import { ErrorReply } from "@redis/client";
import type { Redis } from "#platform/redis/redis.ts";
import { type BatchKind, batchFunctions } from "./function-call.ts";
import { libraryName } from "./function-library.ts";
import { mostBytesOf, type PackedCall, packCalls } from "./packed-calls.ts";

/** How functions are called. */
export type FunctionCaller = Pick<Redis, "callFunction">;

/** A call that waits for the end of its turn. */
interface WaitingCall extends PackedCall {
  readonly kind: BatchKind;
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/** What Redis does in one go, so that others are not kept waiting: about a millisecond. */
const mostCalls = 64;
const mostBytes = 1 << 20;

/** Ends each field but the last of a reply (functions/runtime.lua). */
const fieldEnd = "\u001d";
/** Begins the reply of an operation that failed. */
const errorMark = "!";

/**
 * Lets calls of one turn of the event loop travel together, at a fraction of the client's cost for each. Each keeps
 * its own outcome: a reply or an ErrorReply as if it were called alone. Where the batch itself gets an ErrorReply,
 * nothing of it has run.
 */
export class CallBatches {
  readonly #redis: Pick<Redis, "groupOf">;
  readonly #caller: FunctionCaller;
  #waiting: WaitingCall[] = [];

  /** Calls go through `caller`; `redis` says which may go together. */
  constructor(redis: Pick<Redis, "groupOf">, caller: FunctionCaller) {
    this.#redis = redis;
    this.#caller = caller;
  }

  call(kind: BatchKind, call: PackedCall): Promise<unknown> {
    const { name, keys, args } = call;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ kind, name, keys, args, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(this.#flush);
    });
  }

  readonly #flush = (): void => {
    const calls = this.#waiting;
    this.#waiting = [];
    if (calls.length === 1) {
      void this.#runAlone(calls[0]!);
      return;
    }
    const groups = Map.groupBy(calls, ({ kind, keys }) => `${kind}${this.#redis.groupOf(keys[0]!)}`);
    for (const group of groups.values()) for (const part of inParts(group)) void this.#run(part);
  };

  async #run(calls: readonly WaitingCall[]): Promise<void> {
    if (calls.length === 1) return this.#runAlone(calls[0]!);
    const name = `${libraryName}_${batchFunctions[calls[0]!.kind]}`;
    const keys = calls.flatMap((call) => call.keys);
    try {
      const replies = await this.#caller.callFunction<string[]>(name, keys, [packCalls(calls)]);
      for (const [index, { resolve, reject }] of calls.entries()) {
        const text = replies[index];
        if (text === undefined) reject(new TypeError("a batch came back with too few replies"));
        else if (text.startsWith(errorMark)) reject(new ErrorReply(text.slice(errorMark.length)));
        else resolve(text.split(fieldEnd));
      }
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  }

  async #runAlone({ name, keys, args, resolve, reject }: WaitingCall): Promise<void> {
    try {
      resolve(await this.#caller.callFunction(`${libraryName}_${name}`, keys, args));
    } catch (error) {
      reject(error);
    }
  }
}

/** Parts within the bounds of a batch, in order. */
function inParts(calls: readonly WaitingCall[]): WaitingCall[][] {
  const parts: WaitingCall[][] = [];
  let part: WaitingCall[] = [];
  let bytes = 0;
  for (const call of calls) {
    const size = call.args.reduce((sum, argument) => sum + mostBytesOf(argument), 0);
    if (part.length === mostCalls || (part.length > 0 && bytes + size > mostBytes)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(call);
    bytes += size;
  }
  parts.push(part);
  return parts;
}

import { ErrorReply } from "@redis/client";
import type { Redis } from "#platform/redis/redis.ts";
import { type BatchKind, batchFunctions } from "./function-call.ts";
import { libraryName } from "./function-library.ts";
import { mostBytesOf, type PackedCall, packCalls, type SizedCall } from "./packed-calls.ts";

/** How functions are called. */
export type FunctionCaller = Pick<Redis, "callFunction">;

/** A call that waits for its departure. */
interface WaitingCall extends SizedCall {
  readonly kind: BatchKind;
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/** What Redis does in one go, so that others are not kept waiting: about a millisecond. */
const mostCallsTogether = 64;
const mostBytesTogether = 1 << 20;
/** One that Redis works on and one that lies ready: more would be smaller, and none the sooner done. */
const mostUnderWay = 2;
/** Longest wait for a departure before to be answered, so that a server that hangs holds up nothing but its answers. */
const longestGatherMs = 20;

/** Ends each field but the last of a reply (functions/runtime.lua). */
const fieldEnd = "\u001d";
/** Begins the reply of an operation that failed. */
const errorMark = "!";

/**
 * Lets calls of one turn of the event loop travel together, at a fraction of the client's cost for each; while two
 * such groups are under way the next gathers, which costs no time, for Redis does one after the other. Each call
 * keeps its own outcome: a reply or an ErrorReply as if it were called alone. Where the batch itself gets an
 * ErrorReply, nothing of it has run.
 */
export class CallBatches {
  readonly #redis: Pick<Redis, "groupOf">;
  readonly #caller: FunctionCaller;
  /** By what may go together. */
  readonly #lanes = new Map<string, Lane>();

  /** Calls go through `caller`; `redis` says which may go together. */
  constructor(redis: Pick<Redis, "groupOf">, caller: FunctionCaller) {
    this.#redis = redis;
    this.#caller = caller;
  }

  call(kind: BatchKind, call: PackedCall): Promise<unknown> {
    const group = this.#redis.groupOf(call.keys[0]!);
    let lane = this.#lanes.get(group);
    if (lane === undefined) {
      lane = new Lane(this.#caller);
      this.#lanes.set(group, lane);
    }
    return lane.call(kind, call);
  }
}

/** The calls that may go together. */
class Lane {
  readonly #caller: FunctionCaller;
  #waiting: WaitingCall[] = [];
  #underWay = 0;
  #gathering: NodeJS.Timeout | undefined;

  constructor(caller: FunctionCaller) {
    this.#caller = caller;
  }

  call(kind: BatchKind, call: PackedCall): Promise<unknown> {
    const { name, keys, args } = call;
    const mostBytes = mostBytesOf(call);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ kind, name, keys, args, mostBytes, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(this.#endTurn);
    });
  }

  readonly #endTurn = (): void => {
    if (this.#underWay < mostUnderWay) void this.#depart();
    else this.#gathering ??= setTimeout(() => void this.#depart(), longestGatherMs);
  };

  readonly #depart = async (): Promise<void> => {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const calls = this.#waiting;
    this.#waiting = [];
    this.#underWay++;
    const kinds = Map.groupBy(calls, ({ kind }) => kind);
    await Promise.all([...kinds.values()].flatMap(inParts).map((part) => this.#run(part)));
    this.#underWay--;
    if (this.#gathering !== undefined) void this.#depart();
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
    if (
      part.length === mostCallsTogether ||
      (part.length > 0 && bytes + call.mostBytes > mostBytesTogether)
    ) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(call);
    bytes += call.mostBytes;
  }
  parts.push(part);
  return parts;
}

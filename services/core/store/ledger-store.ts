import { ErrorReply } from "redis";
import type { Redis } from "#platform/redis/redis.ts";
import type { FunctionCall } from "./function-call.ts";
import { libraryName, loadLibrary } from "./function-library.ts";
import { FunctionRefusal, isFunctionMissing, LedgerFault, understandErrorReply } from "./store-fault.ts";

const dayMs = 86_400_000;
/** The account's day may differ from the clock's, and midnight may pass between two tries. */
const mostTries = 4;

/** Runs the ledger's functions on Redis. */
export class LedgerStore {
  readonly #redis: Redis;
  readonly #now: () => number;
  #loading: Promise<void> | undefined;

  /** `now` gives epoch milliseconds; the ledger itself goes by the clock of Redis. */
  constructor(redis: Redis, now: () => number = Date.now) {
    this.#redis = redis;
    this.#now = now;
  }

  /**
   * Runs a function.
   *
   * @throws FunctionRefusal if it refused.
   * @throws CommonError STORE_UNAVAILABLE: it is unknown whether it ran.
   * @throws LedgerFault if the stored data are not as they must be; nothing was changed.
   */
  async run<T>(call: FunctionCall<T>): Promise<T> {
    let day = Math.floor(this.#now() / dayMs);
    for (let tries = 1; ; tries++) {
      try {
        const name = `${libraryName}_${call.name}`;
        return parseReply(call, await this.#redis.callFunction(name, call.keys(day), call.args(day)));
      } catch (error) {
        if (!(error instanceof ErrorReply)) throw error;
        if (tries === mostTries) throw new LedgerFault(error.message, { cause: error });
        if (isFunctionMissing(error)) {
          await this.#reload();
          continue;
        }
        const fault = understandErrorReply(error);
        if (!(fault instanceof FunctionRefusal) || fault.reason !== "WRONG_DAY") throw fault;
        day = Number(fault.facts.day);
      }
    }
  }

  /** Loads the library once, however many calls miss it. */
  #reload(): Promise<void> {
    this.#loading ??= loadLibrary(this.#redis).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }
}

/** What a function replies from damaged data may be no reply at all. */
function parseReply<T>(call: FunctionCall<T>, reply: unknown): T {
  try {
    return call.parse(reply);
  } catch (error) {
    throw new LedgerFault(`the reply of ${call.name} can't be read`, { cause: error });
  }
}

import { ErrorReply } from "@redis/client";
import type { Redis, RedisArgument } from "#platform/redis/redis.ts";
import type { ReplicatedCalls } from "#platform/redis/replicated-calls.ts";
import { isAcknowledged } from "./acknowledged-functions.ts";
import { CallBatches, type FunctionCaller } from "./call-batches.ts";
import type { FunctionCall } from "./function-call.ts";
import { libraryName, loadLibrary } from "./function-library.ts";
import { accountIdOf, accountKeys } from "./keys.ts";
import { FunctionRefusal, isFunctionMissing, LedgerFault, understandErrorReply } from "./store-fault.ts";

const dayMs = 86_400_000;
/** The account's day may differ from the clock's, midnight may pass between two tries, an entry be archived. */
const mostTries = 4;

/** Begins what stands for an archived entry in a reply; its sequence follows. */
const archivedMark = "\u001e";

/** Where entries are that are no longer online. */
export interface ArchivedTexts {
  /** The text of an archived entry. LedgerFault if it can't be had. */
  readText(accountId: string, sequence: number): Promise<string>;
}

/** Runs the ledger's functions on Redis. */
export class LedgerStore {
  readonly #redis: Redis;
  readonly #now: () => number;
  readonly #archive: ArchivedTexts | undefined;
  readonly #caller: FunctionCaller;
  readonly #batches: CallBatches;
  #loading: Promise<void> | undefined;

  /**
   * `now` gives epoch milliseconds; the ledger itself goes by the clock of Redis. Without an `archive` an answer
   * that needs an archived entry is a LedgerFault. With `replicated` what is acknowledged goes that way.
   */
  constructor(
    redis: Redis,
    now: () => number = Date.now,
    archive?: ArchivedTexts,
    replicated?: ReplicatedCalls,
  ) {
    this.#redis = redis;
    this.#now = now;
    this.#archive = archive;
    this.#caller = replicated === undefined ? redis : callerBeside(redis, replicated);
    this.#batches = new CallBatches(redis, this.#caller);
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
    let archivedEntry: string | undefined;
    for (let tries = 1; ; tries++) {
      try {
        const keys = call.keys(day);
        const args = call.args(day, archivedEntry);
        const reply = await this.#send(call, keys, args, tries);
        return parseReply(call, namesArchived(reply) ? await this.#withArchived(keys[0]!, reply) : reply);
      } catch (error) {
        if (!(error instanceof ErrorReply)) throw error;
        if (tries === mostTries) throw new LedgerFault(error.message, { cause: error });
        if (isFunctionMissing(error)) {
          await this.#reload();
          continue;
        }
        const fault = understandErrorReply(error);
        if (!(fault instanceof FunctionRefusal)) throw fault;
        if (fault.reason === "WRONG_DAY") day = Number(fault.facts.day);
        else if (fault.reason === "ENTRY_ARCHIVED")
          archivedEntry = await this.#readArchived(call.keys(day)[0]!, Number(fault.facts.sequence));
        else throw fault;
      }
    }
  }

  /** The time, in epoch milliseconds, by which the server that holds an account decides what is over. */
  async serverTimeMs(accountId: string): Promise<number> {
    const { account } = accountKeys(accountId);
    const [seconds, micros] = await this.#redis.command<[string, string]>(account, ["TIME"]);
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  /** Calls that may travel together do so; what has to be tried again goes alone. */
  #send<T>(
    { name, batch }: FunctionCall<T>,
    keys: string[],
    args: RedisArgument[],
    tries: number,
  ): Promise<unknown> {
    if (batch !== undefined && tries === 1) return this.#batches.call(batch, { name, keys, args });
    return this.#caller.callFunction(`${libraryName}_${name}`, keys, args);
  }

  /** The reply, with the archived entries that it names. */
  #withArchived(accountKey: string, reply: readonly unknown[]): Promise<unknown> {
    return Promise.all(
      reply.map((text) =>
        isArchived(text) ? this.#readArchived(accountKey, Number(text.slice(archivedMark.length))) : text,
      ),
    );
  }

  async #readArchived(accountKey: string, sequence: number): Promise<string> {
    if (this.#archive === undefined) throw new LedgerFault("an entry is archived, but no archive is set up");
    return this.#archive.readText(accountIdOf(accountKey), sequence);
  }

  /** Loads the library once, however many calls miss it. */
  #reload(): Promise<void> {
    this.#loading ??= loadLibrary(this.#redis).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }
}

/** Sends what is acknowledged the replicated way, the rest directly. */
function callerBeside(redis: FunctionCaller, replicated: ReplicatedCalls): FunctionCaller {
  const wayOf = (name: string) => (isAcknowledged(name.slice(libraryName.length + 1)) ? replicated : redis);
  return { callFunction: (name, keys, args) => wayOf(name).callFunction(name, keys, args) };
}

function isArchived(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(archivedMark);
}

function namesArchived(reply: unknown): reply is unknown[] {
  return Array.isArray(reply) && reply.some(isArchived);
}

/** What a function replies from damaged data may be no reply at all. */
function parseReply<T>(call: FunctionCall<T>, reply: unknown): T {
  try {
    return call.parse(reply);
  } catch (error) {
    throw new LedgerFault(`the reply of ${call.name} can't be read`, { cause: error });
  }
}

import { ErrorReply } from "@redis/client";
import { CommonError } from "../errors/common-error.ts";
import { connectionLimits } from "./limits.ts";
import {
  functionCommand,
  type Redis,
  type RedisArgument,
  routingKeyOf,
  type ServerConnection,
} from "./redis.ts";

/** What counts as replicated, and who hears of what was not. */
export interface ReplicatedCallsOptions {
  /** Replicas that must have a call's effects before it is answered; 1 or more. */
  readonly minReplicas: number;
  /** Longest wait for them in milliseconds, below the wait for a reply. */
  readonly waitMs: number;
  /**
   * A command on the server of `key` that writes something without meaning, also when memory is full. WAIT asks
   * only for the writes of its connection; after this one that is all that came before, whoever wrote it.
   */
  touch(key: string): readonly RedisArgument[];
  /** Told how many calls were not confirmed in time. */
  readonly onUnconfirmed?: (calls: number) => void;
}

/** A call that waits for its turn or its answer. */
interface Call {
  readonly key: string;
  readonly args: readonly RedisArgument[];
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/** The calls to one server over one connection; while a group waits for replicas the next one gathers. */
interface Lane {
  readonly redis: Redis;
  waiting: Call[];
  busy: boolean;
}

/** WAIT holds up its connection, so one waits while the other works. */
const connectionsPerServer = 2;
const mostInGroup = 256;
/** More would not be answered in time. */
const mostWaiting = 10_000;

/**
 * Calls that are answered only once enough replicas have their effects, so that a failover to one of those loses
 * nothing that was acknowledged. Calls under way at the same time share one WAIT.
 */
export class ReplicatedCalls {
  readonly #options: ReplicatedCallsOptions;
  readonly #connections: readonly Redis[];
  readonly #answerMs: number;
  readonly #lanes = new Map<string, Lane[]>();

  private constructor(connections: readonly Redis[], answerMs: number, options: ReplicatedCallsOptions) {
    this.#connections = connections;
    this.#answerMs = answerMs;
    this.#options = options;
  }

  /** Opens connections of its own, with the settings of `redis`. */
  static async open(redis: Redis, options: ReplicatedCallsOptions): Promise<ReplicatedCalls> {
    const connections = Array.from({ length: connectionsPerServer }, () => redis.duplicate());
    return new ReplicatedCalls(await Promise.all(connections), redis.commandTimeoutMs, options);
  }

  /**
   * Runs a function of a loaded library; all keys must lie in one slot and there must be at least one.
   *
   * @throws ErrorReply as the server gave it.
   * @throws CommonError STORE_UNAVAILABLE: whether it ran, or will outlive a failover, is unknown.
   */
  async callFunction<T = unknown>(
    name: string,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<T> {
    const [key, command] = [routingKeyOf(name, keys), functionCommand(name, keys, args)];
    for (let tries = 1; ; tries++) {
      try {
        return (await this.#enqueue(key, command)) as T;
      } catch (error) {
        if (!hasMoved(error) || tries === 3) throw error;
        // Any command that follows the key lets the client learn where it is.
        await Promise.all(this.#connections.map((connection) => connection.command(key, ["EXISTS", key])));
      }
    }
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  async #enqueue(key: string, args: readonly RedisArgument[]): Promise<unknown> {
    const { server } = await this.#connections[0]!.connectionFor(key);
    const lane = this.#laneOf(server);
    if (lane.waiting.length >= mostWaiting) throw unconfirmed("too many calls wait for replicas");
    return new Promise((resolve, reject) => {
      const call = { key, args, resolve, reject };
      lane.waiting.push(call);
      setTimeout(() => {
        // Not sent yet, it must not run when nobody waits for it any more.
        lane.waiting = lane.waiting.filter((waiting) => waiting !== call);
        reject(unconfirmed("no answer in time"));
      }, this.#answerMs).unref();
      void this.#drain(lane);
    });
  }

  /** The server's lane with the fewest calls, one without a group under way first. */
  #laneOf(server: string): Lane {
    const lanes =
      this.#lanes.get(server) ?? this.#connections.map((redis) => ({ redis, waiting: [], busy: false }));
    this.#lanes.set(server, lanes);
    return lanes.reduce((best, lane) => (load(lane) < load(best) ? lane : best));
  }

  async #drain(lane: Lane): Promise<void> {
    if (lane.busy) return;
    lane.busy = true;
    while (lane.waiting.length > 0) {
      const group = lane.waiting.splice(0, mostInGroup);
      try {
        await this.#runGroup(group, await lane.redis.connectionFor(group[0]!.key));
      } catch (error) {
        for (const call of group) call.reject(error);
      }
    }
    lane.busy = false;
  }

  /** All of it is handed over within one turn, so that calls and WAIT share a connection or fail. */
  async #runGroup(group: readonly Call[], connection: ServerConnection): Promise<void> {
    const { minReplicas, waitMs, touch, onUnconfirmed } = this.#options;
    const replies = group.map(({ args }) => connection.command(args));
    const touched = connection.command(touch(group[0]!.key));
    const waited = connection.command<number>(["WAIT", String(minReplicas), String(waitMs)]);
    const [outcomes, [touching, waiting]] = await Promise.all([
      Promise.allSettled(replies),
      Promise.allSettled([touched, waited]),
    ]);
    const isRefused = touching.status === "rejected" && isReply(touching.reason);
    const isConfirmed =
      touching.status === "fulfilled" && waiting.status === "fulfilled" && waiting.value >= minReplicas;
    if (!isConfirmed) onUnconfirmed?.(group.length);
    for (const [index, outcome] of outcomes.entries()) {
      const { resolve, reject } = group[index]!;
      if (isConfirmed && outcome.status === "fulfilled") resolve(outcome.value);
      // Where not even the touch was taken the server takes no writes, and says itself why.
      else if (outcome.status === "rejected" && (isConfirmed || isRefused || !isReply(outcome.reason)))
        reject(outcome.reason);
      else reject(unconfirmed(`not confirmed by ${minReplicas} replicas within ${waitMs} ms`));
    }
  }
}

function load({ waiting, busy }: Lane): number {
  return waiting.length + (busy ? 1 : 0);
}

function isReply(error: unknown): boolean {
  return error instanceof ErrorReply;
}

function hasMoved(error: unknown): boolean {
  return error instanceof ErrorReply && /^(MOVED|ASK) /.test(error.message);
}

function unconfirmed(what: string): CommonError {
  return new CommonError("STORE_UNAVAILABLE", `the store did not confirm: ${what}`, {
    retryAfterMs: connectionLimits.retryAfterMs,
  });
}

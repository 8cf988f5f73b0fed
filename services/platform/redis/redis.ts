import { createClient, createCluster, ErrorReply } from "@redis/client";
import { CommonError } from "../errors/common-error.ts";
import { connectionLimits as limits } from "./limits.ts";
import { parseRedisUrl } from "./redis-url.ts";
import { understandTemporaryRefusal } from "./temporary-refusal.ts";

/** A command argument; numbers are written as text by the caller, so that none passes through a float. */
export type RedisArgument = string | Buffer;

/** How to reach Redis. */
export interface RedisOptions {
  /** One URL for a single server; several for the nodes of a cluster from which to find the others. */
  readonly urls: readonly string[];
  /** True if the URLs name a Redis Cluster. */
  readonly cluster?: boolean;
  /** Shown by CLIENT LIST, for example `holdfast-core`. */
  readonly name: string;
  /**
   * Longest wait for a reply in milliseconds, after which the outcome is unknown. Default 2,500; more also lets the
   * connection be silent for longer before it counts as dead.
   */
  readonly commandTimeoutMs?: number;
  /** Told of lost connections and reconnects. */
  readonly onError?: (error: Error) => void;
}

/**
 * One way to talk to Redis, standalone or cluster alike.
 *
 * A failed reply (`ErrorReply`) passes through as it is: it says that Redis answered. One that only says that the
 * server can't serve now (it loads its data, its memory is full, it fails over) is STORE_UNAVAILABLE, as is everything
 * else (no connection, connection lost, no reply in time), where whether the command ran is unknown.
 */
export interface Redis {
  /** Whether it is a cluster, where the keys of one command must lie in one slot. */
  readonly isCluster: boolean;
  /** Longest wait for a reply in milliseconds. */
  readonly commandTimeoutMs: number;
  /** Keys with the same group may go in one call: on a single server all, in a cluster those with one hash tag. */
  groupOf(key: string): string;
  /** Runs one command on the server that holds `key`. */
  command<T = unknown>(key: string, args: readonly RedisArgument[]): Promise<T>;
  /** Runs a function of a loaded library; all keys must lie in one slot and there must be at least one. */
  callFunction<T = unknown>(
    name: string,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<T>;
  /** Runs a command on every primary, for INFO, FUNCTION LOAD and the like; replies in no special order. */
  onEveryPrimary<T = unknown>(args: readonly RedisArgument[]): Promise<T[]>;
  /** The connection to the primary that holds `key` now. */
  connectionFor(key: string): Promise<ServerConnection>;
  /**
   * Calls back whenever a connection was lost, and before the first command runs on a new one, so that nothing
   * known about its server is taken for granted.
   */
  onConnectionChange(listener: () => void): void;
  /** Resolves when a PING is answered on every primary. */
  ping(): Promise<void>;
  /** A connection of its own with the same settings, for reads that block, though for less than the wait for a reply. */
  duplicate(): Promise<Redis>;
  /** Waits for replies under way, for 2.5 s at most, then closes. */
  close(): Promise<void>;
}

/** One connection, for commands that must not be spread over several. */
export interface ServerConnection {
  /** Names the server; the same as long as it is the same. */
  readonly server: string;
  /**
   * Runs a command. Those handed over within one turn of the event loop run one after another on one connection;
   * once it is lost none of them runs any more. Every failed reply passes through as it is, also that a key moved.
   */
  command<T = unknown>(args: readonly RedisArgument[]): Promise<T>;
}

/** Connects with the settings that suit money; resolves when connected. */
export async function connectRedis(options: RedisOptions): Promise<Redis> {
  return options.cluster ? connectToCluster(options) : connectToServer(options);
}

const moneyProfile = {
  // The library's own command timeout makes an AbortSignal per command: three times the CPU (16.7 against
  // 6.1 µs). The deadline below does the same job.
  commandOptions: { timeout: 0 },
  // Else a command not sent yet runs seconds later, after a reconnect, when nobody waits for it any more.
  disableOfflineQueue: true,
  commandsQueueMaxLength: limits.queuedCommands,
  // Keeps an idle connection from running into socketTimeout.
  pingInterval: limits.pingIntervalMs,
  maintNotifications: "disabled",
} as const;

const moneySocket = (options: RedisOptions) => ({
  connectTimeout: limits.connectTimeoutMs,
  socketTimeout: Math.max(commandTimeoutOf(options), limits.commandTimeoutMs) + limits.socketMarginMs,
  // With socketTimeout set the library's default strategy closes the client for good.
  reconnectStrategy: (retries: number): number =>
    Math.min(limits.reconnectMaxMs, limits.reconnectBaseMs * 2 ** Math.min(retries, 10)) *
    (0.75 + Math.random() / 2),
});

function commandTimeoutOf({ commandTimeoutMs = limits.commandTimeoutMs }: RedisOptions): number {
  return commandTimeoutMs;
}

async function connectToServer(options: RedisOptions): Promise<Redis> {
  const { socket, ...address } = parseRedisUrl(options.urls[0] ?? "");
  const client = createClient({
    ...moneyProfile,
    name: options.name,
    ...address,
    socket: { ...moneySocket(options), ...socket } as never,
  });
  client.on("error", (error: Error) => options.onError?.(error));
  await client.connect();
  const send = <T>(args: readonly RedisArgument[]) => client.sendCommand<T>(args as RedisArgument[]);
  return redisOver(options, {
    send: (_key, args) => send(args),
    pin: async () => ({ server: "", send }),
    onConnectionChange: (listener) => {
      for (const event of ["error", "connect"]) client.on(event, listener);
    },
    sendToEveryPrimary: async (args) => [await send(args)],
    close: () => client.close(),
    destroy: () => client.destroy(),
  });
}

async function connectToCluster(options: RedisOptions): Promise<Redis> {
  const nodes = options.urls.map((url) => parseRedisUrl(url));
  const { username, password } = new URL(options.urls[0] ?? "");
  const cluster = createCluster({
    rootNodes: nodes as never,
    defaults: {
      ...moneyProfile,
      name: options.name,
      socket: moneySocket(options),
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
    },
  });
  cluster.on("error", (error: Error) => options.onError?.(error));
  await cluster.connect();
  const send = (key: string, args: readonly RedisArgument[]): Promise<unknown> =>
    cluster.sendCommand(key, false, args as RedisArgument[]);
  const slotOf = rememberSlots((key) => send(key, ["CLUSTER", "KEYSLOT", key]) as Promise<number>);
  return redisOver(options, {
    send,
    pin: async (key) => {
      const { master } = cluster.slots[await slotOf(key)]!;
      const client = await cluster.nodeClient(master);
      return { server: master.address, send: (args) => client.sendCommand(args as RedisArgument[]) };
    },
    onConnectionChange: (listener) => {
      for (const event of ["node-error", "node-connect"]) cluster.on(event, listener);
    },
    sendToEveryPrimary: (args) =>
      Promise.all(
        cluster.masters.map(async (node) =>
          (await cluster.nodeClient(node)).sendCommand(args as RedisArgument[]),
        ),
      ),
    close: () => cluster.close(),
    destroy: () => cluster.destroy(),
  });
}

/** The hash tag of a key with its braces; empty for a key without one. */
function hashTagOf(key: string): string {
  return /\{[^}]+\}/.exec(key)?.[0] ?? "";
}

/** Slots by hash tag, of which there are few; keys without one are not remembered. */
function rememberSlots(ask: (key: string) => Promise<number>): (key: string) => Promise<number> {
  const slots = new Map<string, number>();
  return async (key) => {
    const tag = hashTagOf(key);
    const slot = slots.get(tag) ?? (await ask(key));
    if (tag !== "") slots.set(tag, slot);
    return slot;
  };
}

/** What differs between a single server and a cluster. */
interface Transport {
  send(key: string, args: readonly RedisArgument[]): Promise<unknown>;
  pin(key: string): Promise<{ server: string; send(args: readonly RedisArgument[]): Promise<unknown> }>;
  onConnectionChange(listener: () => void): void;
  sendToEveryPrimary(args: readonly RedisArgument[]): Promise<unknown[]>;
  /** Waits for replies, without a bound. */
  close(): Promise<unknown> | unknown;
  /** Waits for nothing. */
  destroy(): void;
}

function redisOver(options: RedisOptions, transport: Transport): Redis {
  const timeoutMs = commandTimeoutOf(options);
  const command = <T>(key: string, args: readonly RedisArgument[]) =>
    answered<T>(transport.send(key, args) as Promise<T>, timeoutMs, understandTemporaryRefusal);
  const onEveryPrimary = <T>(args: readonly RedisArgument[]) =>
    answered<T[]>(transport.sendToEveryPrimary(args) as Promise<T[]>, timeoutMs, understandTemporaryRefusal);
  return {
    isCluster: options.cluster ?? false,
    commandTimeoutMs: timeoutMs,
    groupOf: (key) => (options.cluster ? hashTagOf(key) : ""),
    command,
    onEveryPrimary,
    callFunction: (name, keys, args) => command(routingKeyOf(name, keys), functionCommand(name, keys, args)),
    connectionFor: async (key) => {
      const { server, send } = await answered(transport.pin(key), timeoutMs);
      return {
        server,
        command: <T>(args: readonly RedisArgument[]) => answered<T>(send(args) as Promise<T>, timeoutMs),
      };
    },
    onConnectionChange: (listener) => transport.onConnectionChange(listener),
    ping: async () => {
      await onEveryPrimary(["PING"]);
    },
    duplicate: () => connectRedis(options),
    close: () => closeWithin(transport, Math.min(timeoutMs, limits.closeMs)),
  };
}

/** The command that runs a function of a loaded library. */
export function functionCommand(
  name: string,
  keys: readonly string[],
  args: readonly RedisArgument[],
): RedisArgument[] {
  return ["FCALL", name, String(keys.length), ...keys, ...args];
}

/** The key by which a function's server is found. */
export function routingKeyOf(name: string, keys: readonly string[]): string {
  const [key] = keys;
  if (key === undefined) throw new RangeError(`function ${name} needs a key to find its server`);
  return key;
}

/**
 * A server that answers no more would else keep the process from ending; and a connection that is lost just now
 * may leave the library waiting for ever.
 */
async function closeWithin(transport: Transport, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const gaveUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  }).then(() => transport.destroy());
  try {
    await Promise.race([transport.close(), gaveUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** Bounds the wait and gives every fault but a reply of Redis itself one name. */
function answered<T>(
  reply: Promise<T>,
  timeoutMs: number,
  understand: (error: ErrorReply) => unknown = (error) => error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(storeUnavailable(`no reply within ${timeoutMs} ms`)), timeoutMs);
    reply.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(
          error instanceof ErrorReply ? understand(error) : storeUnavailable("the connection failed", error),
        );
      },
    );
  });
}

function storeUnavailable(what: string, cause?: unknown): CommonError {
  return new CommonError("STORE_UNAVAILABLE", `the store did not answer: ${what}`, {
    retryAfterMs: limits.retryAfterMs,
    cause,
  });
}

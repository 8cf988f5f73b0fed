import { normalizeIP, fastifyRateLimit as rateLimit } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { CommonError } from "#platform/errors/common-error.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { createScript, runScript } from "#platform/redis/script.ts";
import { adminTag } from "../store/admin-tag.ts";

const windowMs = 60_000;

/** Counts a request and says how many there were and for how long the window goes on. */
const countScript = createScript(
  "write-always",
  `local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { count, redis.call('PTTL', KEYS[1]) }`,
);

/**
 * Bounds the requests of one address in a minute, over all instances, also those to nowhere. While the store is away
 * nothing is bounded: what a request does then fails by itself.
 */
export async function limitRequests(
  app: FastifyInstance,
  { redis, perMinute, freePaths }: RequestLimit,
): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: perMinute,
    timeWindow: windowMs,
    store: storeIn(redis),
    skipOnError: true,
    keyGenerator: addressOf,
    allowList: ({ routeOptions }) => freePaths.includes(routeOptions.url ?? ""),
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { ttl }) => tooMany(ttl),
  });
  // Before the gates of the routes, so that guessing at keys is bounded too.
  app.addHook("onRequest", app.rateLimit());
}

/** How many requests an address may make. */
export interface RequestLimit {
  readonly redis: Redis;
  readonly perMinute: number;
  /** Paths that are asked by machines on a schedule. */
  readonly freePaths: readonly string[];
}

/**
 * A bound of its own for signing in, so that nobody tries keys out.
 *
 * @throws CommonError RATE_LIMITED.
 */
export function createSignInLimit(app: FastifyInstance, perMinute: number) {
  const count = app.createRateLimit({
    max: perMinute,
    timeWindow: windowMs,
    keyGenerator: (request) => `sign-in ${addressOf(request)}`,
  });
  return async (request: FastifyRequest): Promise<void> => {
    const counted = await count(request);
    if (!counted.isAllowed && counted.isExceeded) throw tooMany(counted.ttl);
  };
}

function tooMany(retryAfterMs: number): CommonError {
  return new CommonError("RATE_LIMITED", "too many requests from this address", { retryAfterMs });
}

function addressOf({ callerAddress }: Pick<FastifyRequest, "callerAddress">): string {
  return normalizeIP(callerAddress, 64);
}

/** The class that the plugin wants, over our connection. */
function storeIn(redis: Redis) {
  return class Store {
    incr(
      key: string,
      done: (error: Error | null, result?: { current: number; ttl: number }) => void,
      timeWindow = windowMs,
    ): void {
      runScript<[number, number]>(
        redis,
        countScript,
        [`{${adminTag}}:rate:${key}`],
        [String(timeWindow)],
      ).then(
        ([current, ttl]) => done(null, { current, ttl }),
        (error: Error) => done(error),
      );
    }

    child(): this {
      return this;
    }
  } as never;
}

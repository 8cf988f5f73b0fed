import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type Clock, type ClockTimer, systemClock } from "../clock/clock.ts";
import { createDeadline, type Deadline } from "../clock/deadline.ts";
import type { Redis } from "../redis/redis.ts";
import { createScript, readLua, runScript } from "../redis/script.ts";

/** Which lease, and how it is held. */
export interface LeaseOptions {
  readonly redis: Redis;
  /**
   * The lease's own key, for example `{pricing}:lease:sync`. Scripts can check the token only if it lies in the
   * slot of the data they write.
   */
  readonly key: string;
  /** After how long without renewal others may take it: 500 ms to 10 min. Default 10 s. */
  readonly ttlMs?: number;
  /** Told when a renewal or release failed; the lease goes on while its time lasts. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}

/** A lease that this process took. It is renewed in the background until it is released or lost. */
export interface Lease {
  readonly key: string;
  /** Fencing token: a decimal that grows with each holder. */
  readonly token: string;
  /** Aborted when the lease is lost (the reason is a {@link LeaseLost}) or released. */
  readonly signal: AbortSignal;
  /**
   * Whether it is held, by the local clock and a margin before others may take it: also right in the first
   * statement after a pause of the process.
   */
  isHeld(): boolean;
  /** Throws LeaseLost unless it is held; for what can't be fenced, right before it is done. */
  assertHeld(): void;
  /** Told by whoever learns that another has taken it. */
  markLost(cause?: unknown): void;
  /** Frees it for others and resolves, also if Redis can't be reached: then it expires. */
  release(): Promise<void>;
}

/** The lease, or after how many milliseconds it will be free unless its holder renews it. */
export type LeaseAttempt =
  | { readonly lease: Lease }
  | { readonly lease: undefined; readonly freeInMs: number };

/** The holder of a lease must not act any more. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

export const defaultLeaseTtlMs = 10_000;

// Sweeping frees what fills the memory, so a lease works when it is full.
const lua = (name: string) => readLua(import.meta.url, `./scripts/${name}.lua`);
const acquireScript = createScript("write-always", lua("acquire"));
const renewScript = createScript("write-always", lua("renew"));
const releaseScript = createScript("write-always", lua("release"));

/** One name for the process: a repeated attempt takes over from the one whose reply was lost. */
const processName = `${hostname()}/${process.pid}/${randomUUID()}`;
let attempts = 0;

/** A name under which {@link tryAcquireLease} may be repeated; each campaign in a process has its own. */
export function createHolderName(): string {
  return `${processName}/${++attempts}`;
}

/**
 * Tries to take a lease, once.
 *
 * @throws CommonError STORE_UNAVAILABLE; if it was taken all the same, the same `holder` can take it again at
 * once, others when it has expired.
 */
export async function tryAcquireLease(
  options: LeaseOptions,
  holder: string = createHolderName(),
): Promise<LeaseAttempt> {
  const { clock = systemClock, ttlMs = defaultLeaseTtlMs } = options;
  if (!(ttlMs >= 500 && ttlMs <= 600_000)) throw new RangeError("ttlMs must lie between 500 and 600,000");
  // Counted from before the request, so that it ends before the time that Redis counts.
  const deadline = createDeadline(clock, safeMs(ttlMs));
  const [taken, value] = await runScript<[number, string | number]>(
    options.redis,
    acquireScript,
    [options.key],
    [holder, String(ttlMs)],
  );
  if (taken !== 1) return { lease: undefined, freeInMs: Number(value) };
  return { lease: holdLease({ ...options, clock, ttlMs }, holder, String(value), deadline) };
}

/** How long a holder may act on one renewal; the rest is for clocks that don't run alike. */
function safeMs(ttlMs: number): number {
  return ttlMs * 0.8;
}

type HoldOptions = LeaseOptions & { readonly clock: Clock; readonly ttlMs: number };

function holdLease(options: HoldOptions, holder: string, token: string, firstDeadline: Deadline): Lease {
  const { redis, key, ttlMs, clock, onError } = options;
  const ended = new AbortController();
  let deadline = firstDeadline;
  let renewal: ClockTimer | undefined;
  let expiry: ClockTimer | undefined;

  const end = (reason: unknown) => {
    renewal?.cancel();
    expiry?.cancel();
    ended.abort(reason);
  };
  const lose = (why: string, cause?: unknown) => {
    if (!ended.signal.aborted) end(new LeaseLost(`${key}: ${why}`, { cause }));
  };
  const isHeld = () => {
    if (deadline.leftMs() <= 0) lose("it could not be renewed in time");
    return !ended.signal.aborted;
  };
  const watchExpiry = () => {
    expiry?.cancel();
    expiry = clock.setTimer(deadline.leftMs(), () => {
      if (isHeld()) watchExpiry();
    });
  };
  const renew = async () => {
    const renewedUntil = createDeadline(clock, safeMs(ttlMs));
    const renewed = await runScript<number>(redis, renewScript, [key], [holder, token, String(ttlMs)]);
    if (renewed !== 1) return lose("another took it");
    // A reply that came too late does not bring it back: its signal is aborted already.
    if (!isHeld()) return;
    deadline = renewedUntil;
    watchExpiry();
  };
  const renewAfter = (delayMs: number) => {
    renewal = clock.setTimer(delayMs, async () => {
      let nextMs = ttlMs / 4;
      try {
        await renew();
      } catch (error) {
        onError?.(error);
        nextMs = ttlMs / 20;
      }
      if (isHeld()) renewAfter(nextMs);
    });
  };

  watchExpiry();
  renewAfter(ttlMs / 4);
  return {
    key,
    token,
    signal: ended.signal,
    isHeld,
    assertHeld() {
      if (!isHeld()) throw endOf(ended.signal, key);
    },
    markLost: (cause) => lose("another took it", cause),
    async release() {
      if (!ended.signal.aborted) end(new DOMException(`${key} was released`, "AbortError"));
      await runScript(redis, releaseScript, [key], [holder, token]).catch((error) => onError?.(error));
    },
  };
}

function endOf(signal: AbortSignal, key: string): LeaseLost {
  return signal.reason instanceof LeaseLost ? signal.reason : new LeaseLost(`${key}: it was released`);
}

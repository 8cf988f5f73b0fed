import { randomBytes } from "node:crypto";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { cpuMsOf } from "../../e2e/testing/process-facts.ts";
import { runMany } from "../../services/core/domain/testing/run-many.ts";
import { chargeCall } from "../../services/core/store/calls/charge.ts";
import { commitCall } from "../../services/core/store/calls/commit.ts";
import { reserveCall } from "../../services/core/store/calls/reserve.ts";
import type { FunctionCall } from "../../services/core/store/function-call.ts";
import { libraryName } from "../../services/core/store/function-library.ts";
import { LedgerStore } from "../../services/core/store/ledger-store.ts";
import { batchedCharge } from "./print-rows.ts";
import type { Measurement } from "./run-load.ts";

/** A function as it is measured. */
interface BareCall {
  readonly name: string;
  /** Whether calls that are under way travel together, as Core sends them. */
  readonly together?: true;
  make(accountId: string): FunctionCall<unknown>;
}

const dayMs = 86_400_000;
/** Calls for each one in flight. */
const callsInTurn = 1_000;
const mostCalls = 30_000;

/**
 * The functions behind Charge, Reserve and Commit, called without Core over one connection, as redis-benchmark would
 * call them (which can't give each commit its own hold). CPU is that of Redis.
 */
export async function measureBareFunctions(
  redisUrl: string,
  redisPid: number,
  accounts: readonly string[],
  inFlight: readonly number[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, Measurement>>> {
  const redis = await connectRedis({ urls: [redisUrl], name: "bench" });
  const store = new LedgerStore(redis);
  const rows = new Map<string, Map<number, Measurement>>();
  try {
    for (const concurrency of inFlight)
      for (const call of bareCalls()) {
        const send = <T>(made: FunctionCall<T>): Promise<T> =>
          call.together ? store.run(made) : sendAlone(redis, made);
        const result = await measure(redisPid, concurrency, (index) =>
          send(call.make(accounts[index % accounts.length]!)),
        );
        const row = rows.get(call.name) ?? new Map<number, Measurement>();
        rows.set(call.name, row.set(concurrency, result));
      }
  } finally {
    await redis.close();
  }
  return rows;
}

async function sendAlone<T>(redis: Redis, call: FunctionCall<T>): Promise<T> {
  const day = Math.floor(Date.now() / dayMs);
  const reply = await redis.callFunction(`${libraryName}_${call.name}`, call.keys(day), call.args(day));
  return call.parse(reply);
}

/** In the order in which they are measured: what is committed was reserved before. */
function bareCalls(): BareCall[] {
  const holds: { accountId: string; holdSequence: number; holdDay: number }[] = [];
  const posting = (accountId: string) => ({
    accountId,
    idempotency: { field: randomBytes(16), fingerprint: randomBytes(16), key: "bench-0123456789abcdef" },
    memo: "",
    unit: { currencyCode: "USD", ledgerScale: 8 },
    quote: undefined,
  });
  const charge = (accountId: string) => chargeCall({ ...posting(accountId), amountAtoms: 10_000n });
  const reserve = (accountId: string): FunctionCall<unknown> => {
    const terms = { holdTtlMs: 600_000, onExpiry: "RELEASE", terms: "" } as const;
    const call = reserveCall({ ...posting(accountId), ...terms, amountAtoms: 100_000n });
    const parse = (reply: unknown): void => {
      const { sequence, day } = call.parse(reply).entry.hold!;
      holds.push({ accountId, holdSequence: sequence, holdDay: day });
    };
    return { ...call, parse };
  };
  const commit = (): FunctionCall<unknown> => {
    const { accountId, ...hold } = holds.pop()!;
    const terms = { overage: "DEBT", keepOpen: false, acceptExpired: false } as const;
    return commitCall({ ...posting(accountId), ...hold, ...terms, amountAtoms: 50_000n });
  };
  return [
    { name: "function: charge", make: charge },
    { name: batchedCharge, together: true, make: charge },
    { name: "function: reserve", make: reserve },
    { name: "function: commit", make: commit },
  ];
}

async function measure(
  redisPid: number,
  inFlight: number,
  step: (index: number) => Promise<unknown>,
): Promise<Measurement> {
  const calls = Math.min(mostCalls, callsInTurn * inFlight);
  const latencies = new Float64Array(calls);
  const own = process.cpuUsage();
  const cpuFromMs = cpuMsOf(redisPid);
  const startMs = performance.now();
  await runMany(calls, inFlight, async (index) => {
    const sentMs = performance.now();
    await step(index);
    latencies[index] = performance.now() - sentMs;
  });
  const seconds = (performance.now() - startMs) / 1_000;
  const cpuMs = cpuMsOf(redisPid) - cpuFromMs;
  const { user, system } = process.cpuUsage(own);
  latencies.sort();
  return {
    calls,
    failed: 0,
    seconds,
    p50Ms: latencies[Math.floor(calls * 0.5)]!,
    p99Ms: latencies[Math.floor(calls * 0.99)]!,
    ownCpuSeconds: (user + system) / 1e6,
    answers: [],
    callsPerSecond: calls / seconds,
    cpuMicrosPerCall: (cpuMs * 1_000) / calls,
  };
}

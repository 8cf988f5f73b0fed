import { ExpirySweeper } from "../../services/core/domain/expiry-sweeper.ts";
import { runMany } from "../../services/core/domain/testing/run-many.ts";
import { startTestLedger, type TestLedger } from "../../services/core/domain/testing/test-ledger.ts";
import { readServerTimeMs } from "../../services/core/store/testing/test-store.ts";

/** How the sweeper keeps up. */
export interface ExpiryFigures {
  readonly openHolds: number;
  /** Milliseconds after its time at which each of the holds that end one after the other was freed, ascending. */
  readonly lagsMs: readonly number[];
  readonly duePerSecond: number;
  /** Holds that ended while nobody swept, freed each second. */
  readonly freedPerSecond: number;
  /** Holds opened each second, the same number at once, on the same server. */
  readonly openedPerSecond: number;
}

const accountIds = Array.from({ length: 1_000 }, (_, index) => `sweep-${index}`);
const atOnce = 256;
const duePerSecond = 1_000;
const dueCount = 10_000;
const backlogCount = 20_000;

/** How late expiries are among many open holds, and how fast a backlog goes, with appendfsync always. */
export async function measureExpiries(openHolds: number): Promise<ExpiryFigures> {
  await using ledger = await startTestLedger({ settings: { appendfsync: "always", maxmemory: "0" } });
  await runMany(accountIds.length, atOnce, (index) => ledger.create(accountIds[index]!, 1_000_000n));
  // Open all the while: what the sweeper must pass by.
  const openedPerSecond = await perSecond(openHolds, () => open(ledger, openHolds, () => 7_200_000));
  const lagsMs = await lagsOf(ledger);
  await open(ledger, backlogCount, () => 1);
  const freedPerSecond = await perSecond(backlogCount, () => sweep(ledger, backlogCount, () => {}));
  return { openHolds, lagsMs, duePerSecond, freedPerSecond, openedPerSecond };
}

async function open(ledger: TestLedger, count: number, ttlMsOf: (index: number) => number): Promise<void> {
  await runMany(count, atOnce, (index) =>
    ledger.reserve(accountIds[index % accountIds.length]!, 1n, { holdTtlMs: ttlMsOf(index) }),
  );
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - startMs);
}

/** Opens holds that end one after the other, the first once all are open, and sweeps them. */
async function lagsOf(ledger: TestLedger): Promise<number[]> {
  const aheadMs = 20_000;
  const firstMs = (await readServerTimeMs(ledger)) + aheadMs;
  await open(ledger, dueCount, (index) => {
    const ttlMs = firstMs + (index * 1_000) / duePerSecond - Date.now();
    if (ttlMs < 1) throw new Error("the machine is too busy to open the holds before they end");
    return Math.round(ttlMs);
  });
  const lags: number[] = [];
  await sweep(ledger, dueCount, (lagMs) => lags.push(lagMs));
  return lags.sort((left, right) => left - right);
}

/** Sweeps until so many holds have been freed. */
async function sweep(ledger: TestLedger, count: number, freed: (lagMs: number) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = count;
  const sweeper = new ExpirySweeper({
    redis: ledger.redis,
    store: ledger.store,
    observer: {
      performed: (_kind, lagMs) => {
        freed(lagMs);
        if (--left === 0) resolve();
      },
      swept: () => {},
      stuck: (_member, error) => reject(error),
      failed: reject,
    },
  });
  sweeper.start();
  try {
    await promise;
  } finally {
    await sweeper.stop();
  }
}

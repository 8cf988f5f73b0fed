import { runMany } from "../../services/core/domain/testing/run-many.ts";
import {
  idempotencyOf,
  startTestLedger,
  type TestLedger,
} from "../../services/core/domain/testing/test-ledger.ts";

/** Bytes of Redis for one item, its key's share included. */
export interface MemoryFigure {
  readonly item: string;
  /** How many there are of it, and where. */
  readonly among: string;
  readonly bytesEach: number;
  /** What is aimed at, if something is. */
  readonly aimBytes?: number;
}

/** How many accounts have how many items: beyond certain numbers Redis stores hashes and sorted sets less compactly. */
interface Shape {
  readonly accounts: number;
  readonly items: number;
}

/** All compact; compact hashes, but large indexes; nothing compact. */
const shapes: readonly Shape[] = [
  { accounts: 500, items: 20 },
  { accounts: 500, items: 100 },
  { accounts: 10, items: 1_000 },
];
/** With compact and with large listings. */
const idleShapes: readonly Shape[] = [
  { accounts: 20_000, items: 0 },
  { accounts: 100_000, items: 0 },
];
const atOnce = 128;

/** Fills ledgers of their own and asks Redis what each kind of key takes. */
export async function measureMemory(): Promise<MemoryFigure[]> {
  const figures: MemoryFigure[] = [];
  for (const shape of idleShapes) figures.push(...(await measureIdle(shape)));
  for (const shape of shapes) figures.push(...(await measureCharges(shape)));
  for (const shape of shapes) figures.push(...(await measureHolds(shape)));
  return figures;
}

async function measureIdle({ accounts }: Shape): Promise<MemoryFigure[]> {
  const bytes = await bytesByKind({ accounts, items: 0 }, () => Promise.resolve());
  const among = `${accounts} accounts`;
  const each = (kind: string) => (bytes.get(kind) ?? 0) / accounts;
  return [
    { item: "idle account", among, bytesEach: each("a") },
    { item: "idle account with its listing entry", among, bytesEach: each("a") + each("n"), aimBytes: 280 },
    { item: "journal with only its first entry", among, bytesEach: each("j") },
  ];
}

async function measureCharges(shape: Shape): Promise<MemoryFigure[]> {
  const bytes = await bytesByKind(shape, (ledger, accountId, key) =>
    ledger.charge(accountId, 1_234_567n, { idempotency: idempotencyOf("Charge", "1234", key) }),
  );
  const { each, among } = inShape(shape, bytes);
  return [
    { item: "journal entry of a charge", among, bytesEach: each("j"), aimBytes: 90 },
    { item: "idempotency record", among, bytesEach: each("i") },
    { item: "event in the outbox, until it was read", among, bytesEach: each("o") },
  ];
}

async function measureHolds(shape: Shape): Promise<MemoryFigure[]> {
  const bytes = await bytesByKind(shape, (ledger, accountId, key) =>
    ledger.reserve(accountId, 1_234_567n, {
      holdTtlMs: 3_600_000,
      idempotency: idempotencyOf("Reserve", "1234", key),
    }),
  );
  const { each, among } = inShape(shape, bytes);
  return [
    { item: "open hold", among, bytesEach: each("h") },
    { item: "its place in the expiry index", among, bytesEach: each("x") },
    { item: "open hold with its index", among, bytesEach: each("h") + each("x"), aimBytes: 130 },
    { item: "journal entry of a hold", among, bytesEach: each("j") },
  ];
}

function inShape({ accounts, items }: Shape, bytes: ReadonlyMap<string, number>) {
  return {
    among: `${items} on each of ${accounts} accounts`,
    each: (kind: string) => (bytes.get(kind) ?? 0) / (accounts * items),
  };
}

/** As long as the ids that callers have: 17 characters. */
function accountIdOf(index: number): string {
  return `customer-${String(index).padStart(8, "0")}`;
}

type Step = (ledger: TestLedger, accountId: string, key: string) => Promise<unknown>;

/** Bytes by the letter that a key has after its tag: of idle accounts, or what so many items on each of them add. */
async function bytesByKind({ accounts, items }: Shape, step: Step): Promise<Map<string, number>> {
  await using ledger = await startTestLedger({ settings: { maxmemory: "0", appendonly: "no" } });
  await runMany(accounts, atOnce, async (index) => {
    await ledger.create(accountIdOf(index));
    if (items > 0) await ledger.credit(accountIdOf(index), 100_000_000_000n);
  });
  if (items === 0) return await readBytes(ledger);
  const before = await readBytes(ledger);
  // Keys of calls as short as those that count: what callers' keys are longer by, entries are too.
  await runMany(accounts * items, atOnce, (index) =>
    step(ledger, accountIdOf(index % accounts), `k${index}`),
  );
  const after = await readBytes(ledger);
  return new Map([...after].map(([kind, bytes]) => [kind, bytes - (before.get(kind) ?? 0)]));
}

async function readBytes(ledger: TestLedger): Promise<Map<string, number>> {
  const keys = await ledger.command<string[]>("KEYS", "*");
  const bytes = new Map<string, number>();
  await runMany(keys.length, atOnce, async (index) => {
    const key = keys[index]!;
    const kind = key.split(":")[1] ?? "";
    const used = Number(await ledger.redis.command(key, ["MEMORY", "USAGE", key, "SAMPLES", "0"]));
    bytes.set(kind, (bytes.get(kind) ?? 0) + used);
  });
  return bytes;
}

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { JournalReader } from "../store/journal-reader.ts";
import { accountKeys } from "../store/keys.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { readServerTimeMs } from "../store/testing/test-store.ts";
import { BalanceReading } from "./balance-reading.ts";
import { encodeTransactionId } from "./resource-id.ts";
import { endGrant } from "./testing/end-grant.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let shared: TestLedger;
let reading: BalanceReading;
before(async () => {
  shared = await startTestLedger();
  reading = new BalanceReading(shared.store, new JournalReader(shared.store));
});
after(() => shared.stop());

interface PlantedGrant {
  remaining: bigint;
  earmarked: bigint;
}

/** What an account had after an entry. */
interface Moment {
  readonly timeMs: number;
  readonly available: bigint;
  readonly grants: ReadonlyMap<number, PlantedGrant>;
}

/**
 * Plants a journal of random movements of up to three grants (with an expiry in the far future, priority by sequence) and
 * gives what was true after each entry.
 */
async function plantGrants(accountId: string, steps: ReadonlyArray<readonly [kind: number, size: number]>) {
  await shared.create(accountId);
  const grants = new Map<number, PlantedGrant>();
  const moments: Moment[] = [{ timeMs: 1_000, available: 0n, grants: new Map() }];
  const texts = ["1\u001f1\u001f1000\u001fA\u001f0\u001f0\u001f0\u001f0\u001f0\u001f0\u001f"];
  let [available, reserved, funded, spent] = [0n, 0n, 0n, 0n];
  for (const [index, [kind, size]] of steps.entries()) {
    const [sequence, timeMs] = [index + 2, 1_000 + 10 * Math.floor(index / 2)];
    const usable = [...grants].find(([, { remaining, earmarked }]) => remaining > earmarked);
    let legs = "";
    if (kind === 0 && grants.size < 3) {
      const amount = BigInt(size);
      grants.set(sequence, { remaining: amount, earmarked: 0n });
      [funded, available] = [funded + amount, available + amount];
      legs = `e-${amount}M${sequence};a${amount}M${sequence}`;
    } else if (usable !== undefined) {
      const [name, grant] = usable;
      const free = grant.remaining - grant.earmarked;
      const amount = kind === 1 ? free : 1n + (BigInt(size) % free);
      const column = kind === 2 ? "r" : "s";
      if (column === "r") {
        grant.earmarked += amount;
        reserved += amount;
      } else {
        grant.remaining -= amount;
        spent += amount;
      }
      available -= amount;
      legs = `a-${amount}M${name};${column}${amount}M${name}`;
    }
    texts.push(["1", sequence, timeMs, "J", available, reserved, funded, spent, 0, 0, legs].join("\u001f"));
    const copy = new Map([...grants].map(([name, grant]) => [name, { ...grant }]));
    moments.push({ timeMs, available, grants: copy });
  }
  await plant(accountId, texts, grants, { a: available, r: reserved, f: funded, s: spent });
  return moments;
}

async function plant(
  accountId: string,
  texts: readonly string[],
  grants: ReadonlyMap<number, PlantedGrant>,
  columns: Readonly<Record<string, bigint>>,
): Promise<void> {
  const keys = accountKeys(accountId);
  await shared.command("DEL", keys.journal);
  await shared.command("RPUSH", keys.journal, ...texts);
  const fields = Object.entries(columns).flatMap(([name, atoms]) => [name, String(atoms)]);
  await shared.command("HSET", keys.account, "q", String(texts.length), "n", "1000", ...fields);
  for (const [sequence, { remaining, earmarked }] of grants) {
    const record = `M,${100 - sequence},${sequence % 2 ? 9_000_000_000_000 : ""},999,${remaining},${earmarked},0,1000`;
    const place = remaining > 0n ? [keys.grants, String(sequence)] : [keys.references, `g:${sequence}`];
    await shared.command("HSET", ...(place as [string, string]), record);
  }
}

test("the balance and the grants of every past time are those after the last entry by then", async () => {
  let number = 0;
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 9 })), {
    maxLength: 24,
  });
  await fc.assert(
    fc.asyncProperty(steps, async (movements) => {
      const accountId = `past-${++number}`;
      const moments = await plantGrants(accountId, movements);
      for (const timeMs of new Set(moments.flatMap((moment) => [moment.timeMs, moment.timeMs + 1]))) {
        const sequence = moments.findLastIndex((moment) => moment.timeMs <= timeMs) + 1;
        const expected = moments[sequence - 1]!;
        const { balance, grants } = await reading.at(accountId, timeMs);
        assert.deepEqual([balance.sequence, balance.availableAtoms], [sequence, expected.available]);
        const active = [...expected.grants].filter(([, { remaining }]) => remaining > 0n);
        assert.deepEqual(
          grants.map(({ grantId, remainingAtoms, earmarkedAtoms }) => [
            grantId,
            remainingAtoms,
            earmarkedAtoms,
          ]),
          active
            .toSorted(([a], [b]) => b - a)
            .map(([name, { remaining, earmarked }]) => [
              encodeTransactionId({ accountId, sequence: name }),
              remaining,
              earmarked,
            ]),
        );
      }
      assert.deepEqual((await reading.now(accountId)).balance.sequence, moments.length);
    }),
    { numRuns: 25 },
  );
});

test("grants burn by priority, then soonest expiry, then age", async () => {
  await shared.create("order");
  const record = (priority: number, expires: string) => `P,${priority},${expires},10,10,0,0,1000`;
  const keys = accountKeys("order");
  const fields = {
    2: [50, ""],
    3: [50, "9000000000000"],
    4: [50, "8000000000000"],
    5: [10, ""],
    6: [50, "8000000000000"],
    7: [50, ""],
  };
  for (const [sequence, [priority, expires]] of Object.entries(fields))
    await shared.command("HSET", keys.grants, sequence, record(priority as number, expires as string));
  const { grants } = await reading.now("order");
  assert.deepEqual(
    grants.map(({ grantId }) => grantId),
    [5, 4, 6, 3, 2, 7].map((sequence) => encodeTransactionId({ accountId: "order", sequence })),
  );
});

test("there is no balance before the account, in the future, or without an account", async () => {
  const { account, serverTimeMs } = await shared.create("bounds");
  const outOfRange = { reason: "TIME_OUT_OF_RANGE" };
  assert.equal((await reading.at("bounds", account.createdMs)).balance.sequence, 1);
  await assert.rejects(reading.at("bounds", account.createdMs - 1), outOfRange);
  await assert.rejects(reading.at("bounds", serverTimeMs + 3_600_000), outOfRange);
  await assert.rejects(reading.at("nobody", serverTimeMs), { reason: "ACCOUNT_NOT_FOUND" });
  await assert.rejects(reading.now("nobody"), { reason: "ACCOUNT_NOT_FOUND" });
});

test("a grant whose time is over is not shown as spendable, whether the sweeper has come by or not", async () => {
  await shared.create("over");
  await shared.credit("over", 5n);
  const expiresMs = (await readServerTimeMs(shared)) + 3_600_000;
  const first = await shared.credit("over", 10n, { grant: { priority: 10, expiresMs } });
  const second = await shared.credit("over", 10n, { grant: { priority: 20, expiresMs } });
  await shared.reserve("over", 4n);
  assert.equal((await reading.now("over")).balance.availableAtoms, 21n);
  for (const { transaction } of [first, second]) await endGrant(shared, "over", transaction.sequence);
  const { balance, grants } = await reading.now("over");
  assert.deepEqual([balance.availableAtoms, balance.expiredAtoms, balance.sequence], [5n, 16n, 7]);
  assert.deepEqual(
    grants.map(({ remainingAtoms, earmarkedAtoms }) => [remainingAtoms, earmarkedAtoms]),
    [[4n, 4n]],
  );
  assert.deepEqual((await reading.now("over")).balance, balance, "once");
  await auditAccount(shared, "over");
});

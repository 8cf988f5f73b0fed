import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type AccountKeys, accountKeys } from "../../store/keys.ts";
import { startTestLedger, type TestLedger } from "../testing/test-ledger.ts";
import { AccountVerifier } from "./account-verifier.ts";
import { type Invariant, invariants } from "./fault-list.ts";
import { HandWrittenAccount } from "./testing/hand-written-account.ts";

const separator = "\u001f";
const dayMs = 86_400_000;
let ledger: TestLedger;
let verifier: AccountVerifier;

before(async () => {
  ledger = await startTestLedger();
  verifier = new AccountVerifier(ledger.store);
});
after(() => ledger?.stop());

/** How a fault is planted: with the keys of the account, and short forms of commands. */
interface Scene {
  readonly keys: AccountKeys;
  readonly accountId: string;
  command(...args: string[]): Promise<unknown>;
  /** Replaces a field (counted from 1) of an entry. */
  editEntry(sequence: number, field: number, change: (text: string) => string): Promise<void>;
  /** Replaces the record of a hash. */
  editRecord(key: string, field: string, change: (text: string) => string): Promise<void>;
}

type Planted = readonly [name: string, plant: (scene: Scene) => Promise<unknown>, fault: string];

function sceneOf(accountId: string): Scene {
  const keys = accountKeys(accountId);
  const { command } = ledger;
  return {
    keys,
    accountId,
    command,
    async editEntry(sequence, field, change) {
      const index = String(sequence - 1);
      const fields = (await command<string>("LINDEX", keys.journal, index)).split(separator);
      fields[field - 1] = change(fields[field - 1] ?? "");
      await command("LSET", keys.journal, index, fields.join(separator));
    },
    async editRecord(key, field, change) {
      const text = await command<string | null>("HGET", key, field);
      assert.ok(text, `${key} has ${field}`);
      await command("HSET", key, field, change(text));
    },
  };
}

const violated = new Set<Invariant>();

/** Verifies, and gives the faults as "<sequence> <subject>: <found>". */
async function faultsOf(accountId: string): Promise<string[]> {
  const { faults, holdsSkipped } = await verifier.verify(accountId, new AbortController().signal);
  for (const { invariant } of faults) violated.add(invariant);
  if (faults[0]?.subject !== "account") assert.equal(holdsSkipped, false);
  return faults.map(({ sequence, subject, found }) => `${sequence} ${subject}: ${found}`);
}

async function expectFirstFault(accountId: string, [name, plant, fault]: Planted): Promise<void> {
  assert.deepEqual(await faultsOf(accountId), [], `${name}: nothing is wrong before`);
  await plant(sceneOf(accountId));
  const [first = "nothing"] = await faultsOf(accountId);
  assert.ok(first.startsWith(fault), `${name}: expected "${fault}" first, got "${first}"`);
}

/**
 * 1 created · 2 credit 1000 with reference · 3 charge 100 · 4 hold of 300, open · 5 hold of 200 · 6 commit of 50
 * of that, kept open · 7 its release · 8 hold of 10 · 9 commit 20 of it as debt.
 */
async function playedAccount(): Promise<string> {
  const accountId = `played-${randomUUID()}`;
  await ledger.create(accountId);
  await ledger.credit(accountId, 1000n, { source: "stripe", externalReference: "pi_1" });
  await ledger.charge(accountId, 100n);
  await ledger.reserve(accountId, 300n);
  const partly = await ledger.reserve(accountId, 200n);
  await ledger.commit(partly.reservation.reservationId, 50n, { keepOpen: true });
  await ledger.release(partly.reservation.reservationId);
  const over = await ledger.reserve(accountId, 10n);
  await ledger.commit(over.reservation.reservationId, 20n);
  return accountId;
}

const today = () => Math.floor(Date.now() / dayMs);
const openField = async ({ command, keys }: Scene) =>
  ((await command("HKEYS", keys.openHolds)) as string[])[0]!;
const settledKey = async ({ command, keys }: Scene) => {
  const day = today();
  return (await command("EXISTS", keys.settledHolds(day))) === 1
    ? keys.settledHolds(day)
    : keys.settledHolds(day - 1);
};
const replaceFirst = (from: string, to: string) => (text: string) => text.replace(from, to);

const planted: readonly Planted[] = [
  [
    "a changed column of the account",
    ({ command, keys }) => command("HSET", keys.account, "a", "571"),
    "0 available: 571",
  ],
  [
    "a changed lifetime column",
    ({ command, keys }) => command("HSET", keys.account, "f", "1001"),
    "0 funded: 1001",
  ],
  [
    "a changed credit limit",
    ({ command, keys }) => command("HSET", keys.account, "l", "5"),
    "0 credit_limit: 5",
  ],
  [
    "a column lost to a float",
    ({ command, keys }) => command("HSET", keys.account, "s", "1.7e2"),
    "0 spent: 1.7e2",
  ],
  [
    "a changed time of the account",
    ({ command, keys }) => command("HSET", keys.account, "t", "9"),
    "0 time of the last entry: 9",
  ],
  [
    "an account closed by nobody",
    ({ command, keys }) => command("HSET", keys.account, "c", "1"),
    "0 closed: true",
  ],
  [
    "an account that is not listed",
    ({ command, keys, accountId }) => command("ZREM", keys.listing, accountId),
    "0 listing: missing",
  ],
  ["a changed leg", ({ editEntry }) => editEntry(3, 11, replaceFirst("a-100", "a-99")), "3 sum of legs: 1"],
  ["two legs changed alike", ({ editEntry }) => editEntry(3, 11, () => "a-99;s99"), "3 available: 900"],
  [
    "a leg on a column that the operation never moves",
    ({ editEntry }) => editEntry(3, 11, () => "a-100;x100"),
    "3 legs: expired",
  ],
  [
    "a leg of an unknown grant",
    ({ editEntry }) => editEntry(3, 11, () => "a-100M2;s100M2"),
    "3 legs: grant 2",
  ],
  ["a changed column of an entry", ({ editEntry }) => editEntry(3, 5, () => "901"), "3 available: 901"],
  ["a changed limit of an entry", ({ editEntry }) => editEntry(3, 10, () => "7"), "3 credit_limit: 7"],
  ["a removed entry", ({ command, keys }) => removeEntry(command, keys, 3), "3 sequence: 4"],
  ["a removed last entry", ({ command, keys }) => command("RPOP", keys.journal), "0 journal length: 8"],
  ["a duplicated entry", ({ command, keys }) => duplicateEntry(command, keys, 3), "4 sequence: 3"],
  ["a wrong sequence", ({ editEntry }) => editEntry(3, 2, () => "33"), "3 sequence: 33"],
  [
    "a wrong sequence of the account",
    ({ command, keys }) => command("HSET", keys.account, "q", "10"),
    "0 journal length: 9",
  ],
  ["an edited time", ({ editEntry }) => editEntry(3, 3, () => "5"), "3 time: 5"],
  ["a changed type", ({ editEntry }) => editEntry(3, 4, () => "C"), "3 legs: spent"],
  ["an entry that can't be read", ({ editEntry }) => editEntry(3, 4, () => "?"), "3 entry: "],
  ["an entry with a number that is none", ({ editEntry }) => editEntry(3, 5, () => "x"), "3 entry: "],
  [
    "a hold edited in its entry",
    ({ editEntry }) => editEntry(4, 14, replaceFirst("H,300,300", "H,300,299")),
    "4 hold 4 remaining: 299",
  ],
  [
    "a capture edited in its entry",
    ({ editEntry }) => editEntry(6, 14, replaceFirst("150,50", "150,51")),
    "6 hold 5 captured: 51",
  ],
  [
    "a hold whose expiry moves by itself",
    ({ editEntry }) => editEntry(6, 14, editSnapshot(5, "99")),
    "6 hold 5 expiry: 99",
  ],
  [
    "a commit whose hold is released",
    ({ editEntry }) => editEntry(9, 14, replaceFirst(",C,10,", ",R,10,")),
    "9 hold 8 state: RELEASED by COMMIT",
  ],
  [
    "a settlement that is not noted",
    ({ editEntry }) => editEntry(7, 14, replaceFirst("6+7", "6")),
    "7 hold 5 settlements: 6",
  ],
  ["an entry of a hold that names none", ({ editEntry }) => editEntry(4, 14, () => ""), "4 hold: none"],
  [
    "an edited open hold",
    async (scene) =>
      scene.editRecord(scene.keys.openHolds, await openField(scene), replaceFirst("300,300", "300,301")),
    "0 open hold 4",
  ],
  [
    "an open hold with an allocation of its own",
    async (scene) =>
      scene.editRecord(
        scene.keys.openHolds,
        await openField(scene),
        replaceFirst(`${separator}${separator}`, `${separator}2:5${separator}`),
      ),
    "0 open hold 4",
  ],
  [
    "an open hold that can't be read",
    async (scene) => scene.editRecord(scene.keys.openHolds, await openField(scene), () => "?"),
    "0 open hold 4",
  ],
  [
    "a missing hold",
    async (scene) => scene.command("HDEL", scene.keys.openHolds, await openField(scene)),
    "0 open hold 4",
  ],
  [
    "a hold with no entry",
    ({ command, keys }) => command("HSET", keys.openHolds, "3.20000", "H,1,1,0,1,2,R,,"),
    "0 open hold 3.20000: a record without an entry",
  ],
  [
    "a missing index member",
    async (scene) => scene.command("ZREM", scene.keys.expiryIndex, await memberOf(scene)),
    "0 expiry index of hold 4",
  ],
  [
    "an index member with another time",
    async (scene) => scene.command("ZADD", scene.keys.expiryIndex, "5", await memberOf(scene)),
    "0 expiry index of hold 4",
  ],
  [
    "an edited settled hold",
    async (scene) => scene.editRecord(await settledKey(scene), "5", replaceFirst("0,50", "0,49")),
    "0 settled hold 5 capturedAtoms: 49",
  ],
  [
    "a missing settled hold",
    async (scene) => scene.command("HDEL", await settledKey(scene), "5"),
    "0 settled hold 5: missing",
  ],
  [
    "a settled hold with no entry",
    async (scene) => scene.command("HSET", await settledKey(scene), "3", "x"),
    "0 settled hold 3: a record without",
  ],
  [
    "an edited reference",
    (scene) => scene.editRecord(scene.keys.references, "c:stripe:pi_1", replaceFirst("1000", "999")),
    "0 reference stripe:pi_1 credited: 999",
  ],
  [
    "a reference to another transaction",
    (scene) => scene.editRecord(scene.keys.references, "c:stripe:pi_1", replaceFirst("2", "3")),
    "0 reference stripe:pi_1 transaction: 3",
  ],
  [
    "a reversal without an entry",
    (scene) =>
      scene.editRecord(
        scene.keys.references,
        "c:stripe:pi_1",
        replaceFirst(`0${separator}0`, `7${separator}1`),
      ),
    "0 reference stripe:pi_1 reversed: 7",
  ],
  [
    "a missing reference",
    ({ command, keys }) => command("HDEL", keys.references, "c:stripe:pi_1"),
    "0 reference stripe:pi_1: missing",
  ],
  [
    "a reference with no entry",
    ({ command, keys }) => command("HSET", keys.references, "c:stripe:pi_2", `2${separator}5`),
    "0 reference c:stripe:pi_2: a record without",
  ],
  [
    "a refund with no entry",
    ({ command, keys }) => command("HSET", keys.refunds, "3", "5"),
    "0 refunded of 3: a record without",
  ],
  [
    "a grant with no entry",
    ({ command, keys }) => command("HSET", keys.grants, "2", "M,50,,5,5,0,0,1"),
    "0 grant 2: a record without",
  ],
  [
    "a key of a wrong type",
    async ({ command, keys }) => {
      await command("DEL", keys.openHolds);
      await command("SET", keys.openHolds, "x");
    },
    "0 account: ",
  ],
];

/** Changes one comma-separated field of a hold's snapshot in an entry. */
function editSnapshot(position: number, value: string) {
  return (text: string) =>
    text
      .split(",")
      .map((field, index) => (index === position + 1 ? value : field))
      .join(",");
}

async function memberOf(scene: Scene): Promise<string> {
  return `h:${(await openField(scene)).replace(".", ":")}:${scene.accountId}`;
}

async function removeEntry(
  command: Scene["command"],
  { journal }: AccountKeys,
  sequence: number,
): Promise<void> {
  const text = (await command("LINDEX", journal, String(sequence - 1))) as string;
  await command("LREM", journal, "1", text);
}

async function duplicateEntry(
  command: Scene["command"],
  { journal }: AccountKeys,
  sequence: number,
): Promise<void> {
  const text = (await command("LINDEX", journal, String(sequence - 1))) as string;
  await command("LINSERT", journal, "AFTER", text, text);
}

describe("a planted fault is found and named", () => {
  for (const fault of planted) {
    test(fault[0], async () => expectFirstFault(await playedAccount(), fault));
  }
});

/**
 * 1 created · 2 promotional grant of 500 · 3 purchased grant of 100 · 4 charge 100 from the second, which is
 * finished · 5 hold: 200 of grant 2 · 6 refund of 40 of entry 4 to its grant · 7 grant 2 expires, but
 * for what is held · 8 reversal of 10 of credit 3.
 */
async function grantAccount(): Promise<string> {
  const accountId = `grants-${randomUUID()}`;
  const start = Date.now();
  const account = new HandWrittenAccount(ledger, accountId, start);
  const keys = accountKeys(accountId);
  const day = today();
  const hold = `5.${day},H,200,200,0,${start},${start + 60_000},R,,`;
  await account.append("A");
  await account.append("C", "e-500M2;a500M2", { 15: "promo" });
  await account.append("C", "e-100P3;a100P3", { 15: "stripe", 16: "pi_9" });
  await account.append("D", "a-100P3;s100P3");
  await account.append("H", "a-200M2;r200M2", { 14: hold });
  await account.append("B", "s-40P3;a40P3", { 18: "4" });
  await account.append("G", "a-300M2;x300M2", { 18: "2" });
  await account.append("V", "e10P3;a-10P3", { 18: "3", 15: "stripe", 16: "pi_9" });
  const { command } = ledger;
  const expires = start + 7;
  await command("HSET", keys.grants, "2", `M,50,${expires},500,200,200,300,${start}`);
  await command("HSET", keys.grants, "3", `P,40,${start + 90_000},100,30,0,0,${start}`);
  await command("ZADD", keys.expiryIndex, String(start + 90_000), `g:3:${accountId}`);
  await command(
    "HSET",
    keys.openHolds,
    `5.${day}`,
    `H,200,200,0,${start},${start + 60_000},R,,${separator}2:200${separator}`,
  );
  await command("ZADD", keys.expiryIndex, String(start + 60_000), `h:5:${day}:${accountId}`);
  await command("HSET", keys.refunds, "4", "40");
  await command(
    "HSET",
    keys.references,
    "c:stripe:pi_9",
    ["3", "100", "USD:100", "3", "10", "1"].join(separator),
  );
  return accountId;
}

const plantedOnGrants: readonly Planted[] = [
  [
    "an edited grant",
    ({ editRecord, keys }) => editRecord(keys.grants, "3", replaceFirst(",30,", ",31,")),
    "0 grant 3 remaining: 31",
  ],
  [
    "an edited earmark",
    ({ editRecord, keys }) => editRecord(keys.grants, "2", replaceFirst("200,200", "200,199")),
    "0 grant 2 earmarked: 199",
  ],
  [
    "an edited amount of a grant",
    ({ editRecord, keys }) => editRecord(keys.grants, "3", replaceFirst(",100,", ",101,")),
    "0 grant 3 amount: 101",
  ],
  [
    "an edited expired part",
    ({ editRecord, keys }) => editRecord(keys.grants, "2", replaceFirst(",300,", ",299,")),
    "0 grant 2 expired: 299",
  ],
  [
    "a grant of another kind",
    ({ editRecord, keys }) => editRecord(keys.grants, "3", replaceFirst("P", "M")),
    "0 grant 3 kind: PROMOTIONAL",
  ],
  [
    "a grant that can't be read",
    ({ editRecord, keys }) => editRecord(keys.grants, "3", () => "P,?"),
    "0 grant 3: something",
  ],
  ["a missing grant", ({ command, keys }) => command("HDEL", keys.grants, "3"), "0 grant 3: missing"],
  [
    "a finished grant that is active",
    ({ command, keys }) => command("HSET", keys.references, "g:3", "P,40,,100,0,0,0,1"),
    "0 reference g:3: a record without",
  ],
  [
    "a missing index member of a grant",
    ({ command, keys, accountId }) => command("ZREM", keys.expiryIndex, `g:3:${accountId}`),
    "0 expiry index of grant 3",
  ],
  [
    "a leg of another kind",
    ({ editEntry }) => editEntry(4, 11, () => "a-100M3;s100M3"),
    "4 grant 3 kind: PROMOTIONAL",
  ],
  [
    "a grant that gives more than it has",
    ({ editEntry }) => editEntry(4, 11, () => "a-100M2;s100M2;a-401P3;a401"),
    "4 grant 3 remaining: -301",
  ],
  [
    "an edited earmark of a hold",
    ({ editRecord, keys }) => editRecord(keys.openHolds, `5.${today()}`, replaceFirst("2:200", "2:199")),
    "0 open hold 5",
  ],
  [
    "an edited refund",
    ({ command, keys }) => command("HSET", keys.refunds, "4", "39"),
    "0 refunded of 4: 39",
  ],
  ["a missing refund", ({ command, keys }) => command("HDEL", keys.refunds, "4"), "0 refunded of 4: missing"],
  [
    "an edited reversal",
    ({ editRecord, keys }) =>
      editRecord(
        keys.references,
        "c:stripe:pi_9",
        replaceFirst(`${separator}10${separator}`, `${separator}11${separator}`),
      ),
    "0 reference stripe:pi_9 reversed: 11",
  ],
];

describe("a planted fault around grants is found and named", () => {
  for (const fault of plantedOnGrants) {
    test(fault[0], async () => expectFirstFault(await grantAccount(), fault));
  }
});

test("each invariant is violated by one of them", () => {
  assert.deepEqual([...violated].sort(), [...invariants].sort());
});

import { randomUUID } from "node:crypto";
import type { AccountKeys } from "../../../store/keys.ts";
import type { TestLedger } from "../../testing/test-ledger.ts";
import { type PlantedFault, replaceFirst, type Scene, separator, today } from "./planted-fault.ts";

/**
 * 1 created · 2 credit 1000 with reference · 3 charge 100 · 4 hold of 300, open · 5 hold of 200 · 6 commit of 50
 * of that, kept open · 7 its release · 8 hold of 10 · 9 commit 20 of it as debt.
 */
export async function playedAccount(ledger: TestLedger): Promise<string> {
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

const openField = async ({ command, keys }: Scene) =>
  ((await command("HKEYS", keys.openHolds)) as string[])[0]!;
const settledKey = async ({ command, keys }: Scene) => {
  const day = today();
  return (await command("EXISTS", keys.settledHolds(day))) === 1
    ? keys.settledHolds(day)
    : keys.settledHolds(day - 1);
};

/** Faults of that account, one of every kind that needs no grant. */
export const plantedFaults: readonly PlantedFault[] = [
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

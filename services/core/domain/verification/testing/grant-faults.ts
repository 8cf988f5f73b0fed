import { randomUUID } from "node:crypto";
import { accountKeys } from "../../../store/keys.ts";
import type { TestLedger } from "../../testing/test-ledger.ts";
import { HandWrittenAccount } from "./hand-written-account.ts";
import { type PlantedFault, replaceFirst, separator, today } from "./planted-fault.ts";

/**
 * 1 created · 2 promotional grant of 500 · 3 purchased grant of 100 · 4 charge 100 from the second, which is
 * finished · 5 hold: 200 of grant 2 · 6 refund of 40 of entry 4 to its grant · 7 grant 2 expires, but
 * for what is held · 8 reversal of 10 of credit 3.
 */
export async function grantAccount(ledger: TestLedger): Promise<string> {
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

/** Faults of that account. */
export const plantedGrantFaults: readonly PlantedFault[] = [
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

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeReservationId,
  decodeTransactionId,
  encodeReservationId,
  encodeTransactionId,
} from "./resource-id.ts";

const accountId = fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,128}$/);
const sequence = fc.integer({ min: 1, max: 999_999_999_999_999 });
const day = fc.integer({ min: 0, max: 1_000_000 });

test("an id names what it was made from, in at most 255 characters", () => {
  fc.assert(
    fc.property(accountId, sequence, day, (id, number, createdDay) => {
      const transactionId = encodeTransactionId({ accountId: id, sequence: number });
      const reservationId = encodeReservationId({ accountId: id, sequence: number, day: createdDay });
      assert.deepEqual(decodeTransactionId(transactionId), { accountId: id, sequence: number });
      assert.deepEqual(decodeReservationId(reservationId), {
        accountId: id,
        sequence: number,
        day: createdDay,
      });
      assert.ok(transactionId.length <= 255 && reservationId.length <= 255);
    }),
  );
});

test("an id with one character changed names something else or nothing, and decoding never throws", () => {
  const text = fc.oneof(
    fc
      .tuple(accountId, sequence, day)
      .map(([id, number, createdDay]) =>
        encodeReservationId({ accountId: id, sequence: number, day: createdDay }),
      ),
    fc.string(),
  );
  fc.assert(
    fc.property(text, fc.nat(), fc.string({ maxLength: 2 }), (id, position, replacement) => {
      const at = position % (id.length + 1);
      const changed = id.slice(0, at) + replacement + id.slice(at + 1);
      const found = decodeReservationId(changed);
      if (found !== undefined) assert.equal(encodeReservationId(found), changed);
      assert.equal(decodeTransactionId(changed), undefined);
    }),
  );
});

const account = Buffer.from("acct").toString("base64url");
const malformed: ReadonlyArray<[fault: string, id: string]> = [
  ["empty", ""],
  ["another prefix", `tx_1_${account}`],
  ["a transaction id", encodeTransactionId({ accountId: "acct", sequence: 1 })],
  ["a leading zero", `rsv_01_1_${account}`],
  ["capitals in the sequence", `rsv_A_1_${account}`],
  ["sequence 0", `rsv_0_1_${account}`],
  ["a sequence beyond the bound", `rsv_zzzzzzzzzzz_1_${account}`],
  ["padding", `rsv_1_1_${account}==`],
  ["bits left over in the last character", `rsv_1_1_${account.slice(0, -1)}R`],
  ["an account with a space", `rsv_1_1_${Buffer.from("a b").toString("base64url")}`],
  ["an account that is no UTF-8", `rsv_1_1_${Buffer.from([0xff, 0xfe]).toString("base64url")}`],
  ["a line break at the end", `rsv_1_1_${account}\n`],
  ["a day beyond the bound", `rsv_1_zzzz_${account}`],
];
for (const [fault, id] of malformed) {
  test(`${fault} is no reservation id`, () => assert.equal(decodeReservationId(id), undefined));
}

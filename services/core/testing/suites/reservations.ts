import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Reservation, ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import type { ListReservationsRequestSchema } from "#gen/billing/core/v1/reservation_rpc_pb.ts";
import { waitUntilServerTime } from "../../store/testing/test-store.ts";
import { reasonOf } from "../running-core.ts";
import { shareCore } from "../shared-core.ts";

const { core, client } = await shareCore();

type ListRequest = MessageInitShape<typeof ListReservationsRequestSchema>;

let keys = 0;
const price = (amount: string) => ({
  case: "amount" as const,
  value: { money: { currencyCode: "USD", amount } },
});

async function account(accountId: string): Promise<string> {
  await client.createAccount({
    accountId,
    currencyCode: "USD",
    creditLimit: { currencyCode: "USD", amount: "1000" },
  });
  return accountId;
}

/** When the holds that were made end. */
const ends = new Map<string, number>();

/** A hold of an account; gives its id. */
async function hold(accountId: string, ttlSeconds = 600): Promise<string> {
  const { reservation } = await client.reserve({
    accountId,
    price: price("1"),
    holdTtl: { seconds: BigInt(Math.floor(ttlSeconds)), nanos: Math.round((ttlSeconds % 1) * 1e9) },
    idempotencyKey: `key-${++keys}`,
  });
  const { reservationId, expiresAt } = reservation!;
  ends.set(reservationId, timestampDate(expiresAt!).getTime());
  return reservationId;
}

const commit = (reservationId: string) =>
  client.commit({ reservationId, price: price("1"), idempotencyKey: `key-${++keys}` });
const release = (reservationId: string) => client.release({ reservationId, idempotencyKey: `key-${++keys}` });

/** All pages of a list; `between` runs after each. */
async function listAll(
  request: ListRequest,
  between: (seen: readonly Reservation[]) => Promise<unknown> = async () => {},
): Promise<Reservation[]> {
  const all: Reservation[] = [];
  for (let pageToken = ""; ; ) {
    const page = await client.listReservations({ ...request, pageToken });
    assert.ok(page.reservations.length <= (request.pageSize ?? 50));
    all.push(...page.reservations);
    pageToken = page.nextPageToken;
    if (pageToken === "") return all;
    await between(all);
  }
}

const idsOf = (reservations: readonly Reservation[]) =>
  reservations.map(({ reservationId }) => reservationId);

test("an account's holds are listed newest first, in every state, and by state", async () => {
  const accountId = await account("list:states");
  const [first, committed, released, last] = [
    await hold(accountId),
    await hold(accountId),
    await hold(accountId),
    await hold(accountId),
  ];
  await commit(committed);
  await release(released);
  const all = await listAll({ accountId });
  assert.deepEqual(idsOf(all), [last, released, committed, first]);
  assert.deepEqual(
    all.map(({ state }) => state),
    [ReservationState.HELD, ReservationState.RELEASED, ReservationState.COMMITTED, ReservationState.HELD],
  );
  assert.deepEqual([all[2]?.captured?.amount, all[2]?.settlingTransactionIds.length], ["1", 1]);
  const of = async (state: ReservationState) => idsOf(await listAll({ accountId, state }));
  assert.deepEqual(await of(ReservationState.HELD), [last, first]);
  assert.deepEqual(await of(ReservationState.COMMITTED), [committed]);
  assert.deepEqual(await of(ReservationState.RELEASED), [released]);
  assert.deepEqual(await of(ReservationState.EXPIRED), []);
});

test("a hold whose time is over is listed as expired, at once", async () => {
  const accountId = await account("list:expired");
  const short = await hold(accountId, 1);
  const long = await hold(accountId);
  const [shown] = (await client.listReservations({ accountId })).reservations.slice(1);
  const end = timestampDate(shown!.expiresAt!).getTime();
  await waitUntilServerTime({ command: (...words) => core.redis.command(words[0]!, words) }, end + 1);
  assert.deepEqual(idsOf(await listAll({ accountId, state: ReservationState.EXPIRED })), [short]);
  assert.deepEqual(idsOf(await listAll({ accountId, state: ReservationState.HELD })), [long]);
});

for (const [filter, state] of Object.entries({
  any: ReservationState.UNSPECIFIED,
  held: ReservationState.HELD,
})) {
  test(`pages of an account's holds (${filter}) stay right while holds come and go`, async () => {
    const accountId = await account(`list:pages:${state}`);
    const holds: string[] = [];
    for (let count = 0; count < 23; count++) holds.push(await hold(accountId));
    let settled = 0;
    const seen = await listAll({ accountId, state, pageSize: 5 }, async () => {
      await hold(accountId);
      // Newer ones than those to come.
      await release(holds[22 - settled++]!);
    });
    assert.deepEqual(idsOf(seen), holds.toReversed());
  });
}

test("all open holds are listed soonest expiry first, over pages, while holds come and go", async () => {
  const accounts = await Promise.all(Array.from({ length: 12 }, (_, index) => account(`list:all:${index}`)));
  const holds: string[] = [];
  for (let count = 0; count < 60; count++)
    holds.push(await hold(accounts[count % 12]!, 1_000 + ((count * 37) % 60) * 10));
  const expected = holds.toSorted((a, b) => ends.get(a)! - ends.get(b)!);
  const expiresBefore = timestampFromMs(Date.now() + 1_700_000);
  const own = new Set(expected);
  const released = new Set<string>();
  const seen = await listAll({ pageSize: 7, expiresBefore }, async (all) => {
    // One that was shown, and a new one before the place.
    const shown = idsOf(all).find((id) => own.has(id) && !released.has(id));
    if (shown !== undefined) await release(shown);
    released.add(shown ?? "");
    await hold(accounts[0]!, 900);
  });
  const ours = idsOf(seen).filter((id) => own.has(id));
  assert.deepEqual(ours, expected);
  const shownEnds = seen.map(({ expiresAt }) => timestampDate(expiresAt!).getTime());
  assert.deepEqual(
    shownEnds,
    shownEnds.toSorted((a, b) => a - b),
  );
  const held = await listAll({ state: ReservationState.HELD, pageSize: 1_000 });
  for (const { state } of held) assert.equal(state, ReservationState.HELD);
  assert.equal(
    held.filter(({ reservationId }) => own.has(reservationId)).length,
    60 - [...released].filter((id) => own.has(id)).length,
  );
});

test("expires_before bounds both lists", async () => {
  const accountId = await account("list:before");
  const [soon] = [await hold(accountId, 100), await hold(accountId, 5_000)];
  const expiresBefore = timestampFromMs(Date.now() + 1_000_000);
  assert.deepEqual(idsOf(await listAll({ accountId, expiresBefore })), [soon]);
  const all = idsOf(await listAll({ expiresBefore }));
  assert.ok(all.includes(soon));
  for (const { expiresAt } of await listAll({ expiresBefore }))
    assert.ok(timestampDate(expiresAt!).getTime() < timestampDate(expiresBefore).getTime());
});

test("grants in the index are no holds", async () => {
  const accountId = await account("list:grants");
  await client.credit({
    accountId,
    amount: { currencyCode: "USD", amount: "5" },
    source: "admin",
    idempotencyKey: `key-${++keys}`,
    expiresAt: timestampFromMs(Date.now() + 50_000),
  });
  const id = await hold(accountId, 60);
  const all = await listAll({});
  assert.deepEqual(idsOf(all.filter((each) => each.accountId === accountId)), [id]);
});

const refused: ReadonlyArray<[what: string, request: ListRequest, reason: string]> = [
  ["an unknown account", { accountId: "list:nobody" }, "ACCOUNT_NOT_FOUND"],
  ["settled ones of the whole system", { state: ReservationState.COMMITTED }, "REQUEST_INVALID"],
  ["a foreign page token", { pageToken: "abcd" }, "PAGE_TOKEN_INVALID"],
  ["a page of more than 1,000", { pageSize: 1_001 }, "REQUEST_INVALID"],
];
for (const [what, request, reason] of refused) {
  test(`${what} can't be listed: ${reason}`, async () => {
    assert.equal(await reasonOf(client.listReservations(request)), reason);
  });
}

test("a customer's token lists the own account's holds and no others", async () => {
  const own = await account("list:own");
  const id = await hold(own);
  const customer = await core.client({ scopes: ["core.read"], account: own });
  assert.deepEqual(idsOf((await customer.listReservations({ accountId: own })).reservations), [id]);
  assert.equal(
    await reasonOf(customer.listReservations({ accountId: "list:states" })),
    "ACCOUNT_NOT_PERMITTED",
  );
  assert.notEqual(await reasonOf(customer.listReservations({})), "OK");
});

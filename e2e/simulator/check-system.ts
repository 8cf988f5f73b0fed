import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type StripeEvent, StripeEventState } from "#gen/billing/admin/v1/stripe_event_pb.ts";
import { ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import type { TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { readMetricsPage } from "../monitoring/metrics-page.ts";
import { atomsOf } from "../testing/expected-cost.ts";
import { typeName } from "./entry-words.ts";
import type { SimulatedAccount } from "./simulated-account.ts";
import type { SimulatedSystem } from "./system.ts";
import type { ExpectedPayment } from "./top-up.ts";

/**
 * For payments to be in the ledger, for the sweeper to end what is over, and for Monitoring to have counted. An event
 * that Admin had when it was killed is its for a minute more, and waits longer after each failure.
 */
const settledWithinMs = 300_000;
/** Each look reads journals, so that looking all the time would slow down what is waited for. */
const lookAgainMs = 200;
/** What ends later than this is not waited for, on accounts that are no longer used either. */
export const endsSoonMs = 60_000;

/** A promise of the system is broken. */
export class BrokenPromise extends Error {
  readonly account: SimulatedAccount | undefined;

  constructor(message: string, account?: SimulatedAccount) {
    super(message);
    this.account = account;
  }
}

/** What a check looks at. */
export interface Checked {
  readonly system: SimulatedSystem;
  readonly accounts: readonly SimulatedAccount[];
  readonly payments: readonly ExpectedPayment[];
  /** Entries by type of accounts that are no longer in use. */
  readonly retiredCounts: ReadonlyMap<TransactionType, number>;
}

/**
 * Checks, while nobody calls, every promise: journals follow the rules, every answered effect is in them once,
 * payments came to what was paid, the stored state verifies, and Monitoring has counted what the journals have.
 *
 * @throws BrokenPromise that says what is wrong.
 */
export async function checkSystem(checked: Checked): Promise<void> {
  await until(() => readJournals(checked));
  await until(() => requireAllEventsDone(checked));
  await until(async () => {
    await readJournals(checked);
    checkPayments(checked);
  });
  await Promise.all(checked.accounts.map((account) => checkStored(checked.system, account)));
  for (const account of checked.accounts) account.checkDeeds();
  requireNoFaults(checked.accounts);
  await until(async () => {
    await readJournals(checked);
    await checkCounts(checked);
  });
}

/**
 * Waits until what is over by now, or within so long, was ended by Core itself: reading a hold that is over would end it
 * too.
 */
export async function awaitEnds(checked: Checked, withinMs: number): Promise<void> {
  const overAtMs = Date.now() + withinMs;
  await until(async () => {
    await readJournals(checked);
    for (const { model, accountId } of checked.accounts) {
      const over = model.ends.filter((endMs) => endMs < overAtMs);
      if (over.length > 0) throw new Error(`${accountId} has something that is over and was not ended`);
    }
  });
}

/** Tries again what may not be so yet, but never what is broken. */
async function until(check: () => Promise<void>): Promise<void> {
  const outcome = await eventually(
    async () => {
      try {
        await check();
        return undefined;
      } catch (error) {
        if (error instanceof BrokenPromise) return error;
        throw error;
      }
    },
    settledWithinMs,
    lookAgainMs,
  );
  if (outcome !== undefined) throw outcome;
}

async function readJournals({ system, accounts }: Checked): Promise<void> {
  // All of them to their end, also if one fails: the next look must not find an account that is still being read.
  const looks = await Promise.allSettled(accounts.map((account) => account.readJournal(system.direct.core)));
  requireNoFaults(accounts);
  for (const look of looks) if (look.status === "rejected") throw look.reason;
}

function requireNoFaults(accounts: readonly SimulatedAccount[]): void {
  for (const account of accounts) {
    if (account.faults.length > 0)
      throw new BrokenPromise(`${account.accountId}: ${account.faults.slice(0, 5).join("\n")}`, account);
  }
}

/** States of an event that is still to be worked on; a parked one may wait for ever for a payment that never comes. */
const unfinished = ["RECEIVED", "FAILED"] as const;

/**
 * That Admin has done all that events ask for: a payment may look right before the events of its dispute, of which one
 * takes the money and another gives it back, have had their effect.
 */
export async function requireAllEventsDone({ system }: Pick<Checked, "system">): Promise<void> {
  const states = unfinished.map((name) => StripeEventState[name]);
  let pageToken = "";
  do {
    const page = await system.direct.admin.listStripeEvents({ states, pageSize: 1_000, pageToken });
    const [waiting] = page.events;
    if (waiting !== undefined) throw new Error(`Admin is not done with ${describeEvent(waiting)}`);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

function describeEvent({ type, eventId, attemptCount, lastError, ...event }: StripeEvent): string {
  const state = unfinished.find((name) => StripeEventState[name] === event.state);
  const next = event.nextAttemptAt && timestampDate(event.nextAttemptAt).toISOString();
  return (
    `the ${type} ${eventId}: ${state} after ${attemptCount} attempts, the next ${next ?? "not planned"}, ` +
    `${event.deliveryCount} deliveries, ${lastError || "no error"}`
  );
}

function checkPayments({ accounts, payments }: Checked): void {
  const paid = new Set(payments.map(({ reference }) => reference));
  for (const account of accounts) {
    const stray = account.model.referencesOf("stripe").find((reference) => !paid.has(reference));
    if (stray !== undefined)
      throw new BrokenPromise(`${account.accountId} was credited for ${stray}, which nobody paid`, account);
  }
  for (const { account, reference, creditedAtoms, reversedAtoms } of payments) {
    const found = account.model.reference("stripe", reference);
    if (found?.amount !== creditedAtoms || found.reversed !== reversedAtoms)
      throw new Error(
        `${account.accountId}: payment ${reference} should have credited ${creditedAtoms} and reversed ` +
          `${reversedAtoms}, and has ${found?.amount} and ${found?.reversed}`,
      );
  }
}

/** What is stored is what the journal says, by the service's own verification too. */
async function checkStored({ direct: { core } }: SimulatedSystem, account: SimulatedAccount): Promise<void> {
  const { accountId, model } = account;
  await until(async () => {
    await account.readJournal(core);
    const { balance } = await core.getBalance({ accountId });
    const { available, reserved, funded, spent, expired, sequence } = balance!;
    if (Number(sequence) !== model.sequence) throw new Error(`${accountId} went on while it was checked`);
    const columns = [available, reserved, funded, spent, expired].map((column) => atomsOf(column!.amount));
    if (columns.join(" ") !== model.columns)
      throw new BrokenPromise(
        `${accountId} has the balance ${columns.join(" ")}, not ${model.columns}`,
        account,
      );
    await checkOpenHolds(core, account);
    const { verification } = await core.verifyAccount({ accountId });
    if (verification!.holdsSkipped) throw new Error(`holds of ${accountId} changed while it was verified`);
    if (!verification!.consistent) {
      const faults = verification!.faults.map((fault) => {
        return `${fault.subject} at ${fault.sequence} should be ${fault.expected}, is ${fault.found}`;
      });
      throw new BrokenPromise(`${accountId} does not verify: ${faults.join("; ")}`, account);
    }
  });
}

async function checkOpenHolds(
  core: SimulatedSystem["direct"]["core"],
  account: SimulatedAccount,
): Promise<void> {
  const { accountId, model } = account;
  const found = new Map<string, bigint>();
  let pageToken = "";
  do {
    const page = await core.listReservations({
      accountId,
      state: ReservationState.HELD,
      pageSize: 1_000,
      pageToken,
    });
    for (const { reservationId, remaining } of page.reservations)
      found.set(reservationId, atomsOf(remaining!.amount));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  const wordsOf = (holds: ReadonlyMap<string, bigint>) =>
    [...holds]
      .map(([id, atoms]) => `${id} ${atoms}`)
      .sort()
      .join(", ");
  if (wordsOf(found) === wordsOf(model.openHolds)) return;
  const message = `${accountId} holds ${wordsOf(found)}, not ${wordsOf(model.openHolds)}`;
  // One that is over may have been ended between the two readings.
  if (model.ends.some((endMs) => endMs < Date.now() + endsSoonMs)) throw new Error(message);
  throw new BrokenPromise(message, account);
}

async function checkCounts({ system, accounts, retiredCounts }: Checked): Promise<void> {
  const expected = new Map(retiredCounts);
  for (const { countByType } of accounts)
    for (const [type, count] of countByType) expected.set(type, (expected.get(type) ?? 0) + count);
  const page = await readMetricsPage(system.stack.url("monitoring"));
  for (const [type, count] of expected) {
    const counted = page.get(`billing_ledger_entries_total{type="${typeName(type)}"}`);
    if (counted !== String(count))
      throw new Error(`Monitoring counted ${counted} entries ${typeName(type)}, the journals have ${count}`);
  }
}

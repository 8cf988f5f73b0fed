import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { fromMinorUnits } from "../services/admin/domain/payments/payment-currency.ts";
import {
  accountOfRun,
  eventOfRun,
  type StripeScenario,
  stripeScenarios,
} from "../services/admin/testing/stripe-scenarios.ts";
import type { StripeEvent } from "./stripe/stripe-objects.ts";
import { deliver } from "./stripe/webhooks.ts";
import { type PaymentStack, startPaymentStack } from "./testing/payment-stack.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const kills = 12;
const roundsOfScenarios = 4;
const deliveredWithinMs = 120_000;
/** An event that met one kill after the other waits longer each time, at last some minutes. */
const settledWithinMs = 600_000;

const random = new SeededRandom(seed);

let payments: PaymentStack;

before(async () => {
  payments = await startPaymentStack();
});

after(() => payments?.stop());

/** Delivers as Stripe does: until the event is taken. */
async function deliverUntilTaken(event: StripeEvent): Promise<void> {
  await eventually(async () => {
    const { status, body } = await deliver(event, payments.webhook);
    assert.equal(status, 200, body);
  }, deliveredWithinMs);
}

/** Kills Admin and Core in the midst of whatever they do, and starts them again. */
async function killAtRandom(): Promise<void> {
  for (let count = 0; count < kills; count++) {
    // Time itself is what is drawn, here and below: kills and deliveries come at any moment.
    await pause(50 + random.next() * 1_500);
    const victim = random.next() < 0.6 ? "admin" : "core";
    await payments.stack.kill(victim);
    await pause(random.next() * 300);
    await payments.stack.restart(victim);
  }
}

interface Run {
  readonly scenario: StripeScenario;
  readonly order: readonly string[];
  readonly accountId: string;
}

/** Delivers the events of a scenario in some order, each twice. */
async function play(scenario: StripeScenario, run: string): Promise<Run> {
  const accountId = accountOfRun(run);
  const currencyCode = scenario.currency.toUpperCase();
  await eventually(() => payments.clients.core.createAccount({ accountId, currencyCode }), deliveredWithinMs);
  const order = random.shuffled([...scenario.deliveries, ...scenario.deliveries]);
  for (const eventId of order) {
    await deliverUntilTaken(eventOfRun(eventId, run) as StripeEvent);
    await pause(random.next() * 200);
  }
  return { scenario, order, accountId };
}

async function assertNet({ scenario, order, accountId }: Run): Promise<void> {
  const expected = fromMinorUnits(scenario.currency.toUpperCase(), scenario.expected_net_credit_minor);
  const { balance } = await payments.clients.core.getBalance({ accountId });
  const context = `${scenario.id} as ${order.join(", ")}, seed ${seed}`;
  assert.equal(balance?.funded?.amount, expected, context);
  const { transactions } = await payments.clients.core.listTransactions({
    accountId,
    types: [TransactionType.CREDIT],
  });
  assert.equal(transactions.length, scenario.expected_credit_postings, context);
}

test("kills of Admin and Core at random points change no net credit of any scenario", async () => {
  const runs = Array.from({ length: roundsOfScenarios }, (_, round) =>
    stripeScenarios.map((scenario, index) => ({ scenario, run: `k${round}n${index}` })),
  ).flat();
  const [played] = await Promise.all([
    Promise.all(random.shuffled(runs).map(({ scenario, run }) => play(scenario, run))),
    killAtRandom(),
  ]);
  await payments.stack.waitUntilReady();
  await eventually(async () => {
    for (const run of played) await assertNet(run);
  }, settledWithinMs);
  await eventually(async () => {
    const { stats } = await payments.clients.admin.getStats({});
    assert.equal(stats?.stripe?.pendingEventCount, 0n);
    assert.equal(stats?.stripe?.failedEventCount, 0n);
  }, settledWithinMs);
  for (const run of played) await assertNet(run);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Decimal } from "#money/decimal.ts";
import { bench } from "../../testing/shared-payment-bench.ts";
import {
  accountOfRun,
  eventOfRun,
  permutations,
  type StripeScenario,
  stripeScenarios,
} from "../../testing/stripe-scenarios.ts";
import { fromMinorUnits } from "./payment-currency.ts";

let runs = 0;

/** Plays deliveries on an account of their own. */
async function play(
  { currency }: StripeScenario,
  order: readonly string[],
  deliver: (events: unknown[]) => Promise<void>,
) {
  const run = `r${++runs}`;
  bench.ledger.open(accountOfRun(run), currency.toUpperCase());
  await deliver(order.map((eventId) => eventOfRun(eventId, run)));
  const credits = [...bench.ledger.credits.values()].filter(
    ({ accountId }) => accountId === accountOfRun(run),
  );
  return { account: accountOfRun(run), net: bench.ledger.netOf(accountOfRun(run)), postings: credits.length };
}

function assertOutcome(
  scenario: StripeScenario,
  order: readonly string[],
  { net, postings }: { net: Decimal; postings: number },
) {
  const expected = fromMinorUnits(scenario.currency.toUpperCase(), scenario.expected_net_credit_minor);
  assert.equal(net.toString(), expected, `net credit after ${order.join(", ")}`);
  assert.equal(postings, scenario.expected_credit_postings, `credits after ${order.join(", ")}`);
}

const oneByOne = async (events: unknown[]) => {
  for (const event of events) {
    await bench.receive(event);
    await bench.drain();
  }
};

describe("the published scenarios", () => {
  for (const scenario of stripeScenarios) {
    test(`${scenario.id} in every order: ${scenario.description}`, async () => {
      const orders = permutations(scenario.deliveries);
      for (const order of orders) {
        const outcome = await play(scenario, order, oneByOne);
        assertOutcome(scenario, order, outcome);
        const freezes = scenario.id === "dispute-open" ? 1 : 0;
        assert.equal(bench.ledger.freezesOf(outcome.account).length, freezes, order.join(", "));
      }
    });

    test(`${scenario.id} with each event three times, all at once`, async () => {
      const order = [...scenario.deliveries, ...scenario.deliveries.toReversed(), ...scenario.deliveries];
      const outcome = await play(scenario, order, async (events) => {
        await Promise.all(events.map((event) => bench.receive(event)));
        await bench.drain();
      });
      assertOutcome(scenario, order, outcome);
    });

    test(`${scenario.id} while answers of Billing Core are lost`, async () => {
      const outcome = await play(scenario, scenario.deliveries, async (events) => {
        for (const event of events) {
          bench.ledger.loseAnswers(2);
          await bench.receive(event);
          await bench.drain();
        }
        bench.ledger.loseAnswers(0);
      });
      assertOutcome(scenario, scenario.deliveries, outcome);
    });
  }
});

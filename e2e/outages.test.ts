import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DerivationCheck } from "#gen/billing/core/v1/transaction_pb.ts";
import { Component, HealthStatus } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { type ServiceName, serviceNames } from "../tools/local/ports.ts";
import { amountOf, costAtoms } from "./testing/expected-cost.ts";
import {
  byUsage,
  calls,
  clients,
  fundedAccount,
  model,
  quantities,
  recoveredWithinMs,
  reserveByUsage,
  type Scene,
  stack,
} from "./testing/outage-stack.ts";
import { outcomeOf } from "./testing/services.ts";

async function setScene(): Promise<Scene> {
  const [dollars, euros] = await Promise.all([fundedAccount("USD"), fundedAccount("EUR")]);
  const charge = { accountId: dollars, price: byUsage(), idempotencyKey: "before" };
  const [heldInEuros, { transaction }] = await Promise.all([
    reserveByUsage(euros),
    clients.core.charge(charge),
  ]);
  return { dollars, euros, heldInEuros, transactionId: transaction?.transactionId ?? "" };
}

const refusesConnections = /ECONNREFUSED/;

/** What the calls answer while a service is down; those not named go on as ever. */
const outages: ReadonlyArray<{ service: ServiceName; affected: Readonly<Record<string, string | RegExp>> }> =
  [
    {
      service: "core",
      affected: {
        "core: read a balance": refusesConnections,
        "core: charge an amount": refusesConnections,
        "core: charge usage": refusesConnections,
        "core: reserve usage priced in another currency": refusesConnections,
      },
    },
    {
      service: "pricing",
      affected: {
        "core: charge usage": "PEER_UNAVAILABLE pricing",
        "core: reserve usage priced in another currency": "PEER_UNAVAILABLE pricing",
        "pricing: calculate": refusesConnections,
      },
    },
    {
      service: "exchange",
      affected: {
        "core: reserve usage priced in another currency": "PEER_UNAVAILABLE exchange",
        "exchange: get a rate": refusesConnections,
      },
    },
    { service: "monitoring", affected: { "monitoring: system health": refusesConnections } },
    { service: "admin", affected: { "admin: statistics": refusesConnections } },
  ];

async function assertOutcomes(
  scene: Scene,
  affected: Readonly<Record<string, string | RegExp>>,
): Promise<void> {
  for (const [name, call] of Object.entries(calls)) {
    const outcome = await outcomeOf(call(scene));
    const expected = affected[name] ?? "OK";
    if (typeof expected === "string") assert.equal(outcome, expected, name);
    else assert.match(outcome, expected, name);
  }
}

/** A connection may learn of the end after the process has ended; until then calls over it are cut, not refused. */
async function waitUntilRefused(
  scene: Scene,
  affected: Readonly<Record<string, string | RegExp>>,
): Promise<void> {
  for (const [name, expected] of Object.entries(affected))
    if (expected === refusesConnections)
      await eventually(
        async () => assert.match(await outcomeOf(calls[name]!(scene)), refusesConnections, name),
        recoveredWithinMs,
      );
}

/** The status of a component as GetSystemHealth shows it. */
async function statusOf(component: Component): Promise<HealthStatus | undefined> {
  const { health } = await clients.monitoring.getSystemHealth({});
  return health?.components.find((each) => each.component === component)?.status;
}

const componentOf: Readonly<Record<ServiceName, Component>> = {
  core: Component.CORE,
  pricing: Component.PRICING,
  exchange: Component.EXCHANGE,
  monitoring: Component.MONITORING,
  admin: Component.ADMIN,
};

for (const { service, affected } of outages) {
  test(`${service} killed: the others serve their own work, and it recovers on restart`, async () => {
    const scene = await setScene();
    await stack.kill(service);
    await waitUntilRefused(scene, affected);
    await assertOutcomes(scene, affected);
    if (service !== "monitoring") {
      await eventually(
        async () => assert.equal(await statusOf(componentOf[service]), HealthStatus.NOT_SERVING),
        recoveredWithinMs,
      );
    }
    for (const other of serviceNames.filter((name) => name !== service)) {
      const { status } = await fetch(`${stack.url(other)}/readyz`);
      assert.equal(status, 200, `${other} stays ready`);
    }

    await stack.restart(service);
    await eventually(() => assertOutcomes(scene, {}), recoveredWithinMs);
    await eventually(
      async () => assert.equal(await statusOf(componentOf[service]), HealthStatus.SERVING),
      recoveredWithinMs,
    );
  });
}

describe("without a peer", () => {
  test("Pricing: a transaction is still shown, its derivation unchecked", async () => {
    const { transactionId } = await setScene();
    await stack.kill("pricing");
    const { transaction } = await clients.core.getTransaction({ transactionId });
    assert.equal(transaction?.derivationCheck, DerivationCheck.UNAVAILABLE);
    assert.equal(transaction?.amount?.amount, amountOf(-costAtoms(model, quantities, "USD")));
    await stack.restart("pricing");
    await eventually(async () => {
      const again = await clients.core.getTransaction({ transactionId });
      assert.equal(again.transaction?.derivationCheck, DerivationCheck.MATCHES);
    }, recoveredWithinMs);
  });

  test("Exchange: a hold settles at the rate that it fixed", async () => {
    const { heldInEuros } = await setScene();
    await stack.kill("exchange");
    const commit = { reservationId: heldInEuros, price: byUsage(), idempotencyKey: "commit" };
    const { reservation } = await clients.core.commit(commit);
    assert.equal(reservation?.captured?.amount, amountOf(costAtoms(model, quantities, "EUR")));
    await stack.restart("exchange");
  });
});

/** What every service says while Redis is down: that nobody can be checked, so that nothing is done. */
const withoutRedis = Object.fromEntries(Object.keys(calls).map((name) => [name, "STORE_UNAVAILABLE"]));

test("Redis killed: every call says so, health stays up, and all recovers without a restart of a service", async () => {
  const scene = await setScene();
  const pids = serviceNames.map((service) => stack.pidOf(service));
  await stack.kill("redis");
  await eventually(() => assertOutcomes(scene, withoutRedis), recoveredWithinMs);
  for (const service of serviceNames) {
    assert.equal((await fetch(`${stack.url(service)}/healthz`)).status, 200, `${service} lives`);
    await eventually(async () => {
      const response = await fetch(`${stack.url(service)}/readyz`);
      assert.equal(response.status, 503, `${service} is not ready`);
      assert.match(await response.text(), /store/);
    });
  }

  await stack.restart("redis");
  await stack.waitUntilReady();
  await eventually(() => assertOutcomes(scene, {}), recoveredWithinMs);
  assert.deepEqual(
    serviceNames.map((service) => stack.pidOf(service)),
    pids,
  );
});

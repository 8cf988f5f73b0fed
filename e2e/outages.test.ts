import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { after, before, describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { DerivationCheck } from "#gen/billing/core/v1/transaction_pb.ts";
import { Component, HealthStatus } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { openRawConnection } from "#platform/testing/raw-connection.ts";
import { type ServiceName, serviceNames } from "../tools/local/ports.ts";
import { amountOf, atomsOf, costAtoms } from "./testing/expected-cost.ts";
import { grpcFrame } from "./testing/http2-request.ts";
import {
  type Clients,
  clientsWith,
  type GrpcTransports,
  openGrpcTransports,
  outcomeOf,
  serviceOf,
} from "./testing/services.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

const model = "openai/gpt-4o";
const quantities = { input_tokens: "1000", output_tokens: "500" };
/** For a part to come back and for the others to notice. */
const recoveredWithinMs = 60_000;

let stack: TestStack;
let transports: GrpcTransports;
let token: string;
let clients: Clients;

before(async () => {
  stack = await startTestStack();
  transports = openGrpcTransports(stack);
  token = await stack.token();
  clients = clientsWith(transports, token);
});

after(async () => {
  transports?.close();
  await stack?.stop();
});

const money = (amount: string, currencyCode = "USD") => ({ currencyCode, amount });
const byAmount = (amount: string) => ({ case: "amount" as const, value: { money: money(amount) } });
const byUsage = () => ({ case: "usage" as const, value: { usages: [{ priceId: model, quantities }] } });

/** A new account with 10 of its currency in it. */
async function fundedAccount(currencyCode: "USD" | "EUR" = "USD"): Promise<string> {
  const accountId = `outage-${randomUUID()}`;
  await clients.core.createAccount({ accountId, currencyCode });
  const amount = money("10", currencyCode);
  await clients.core.credit({ accountId, amount, source: "admin", idempotencyKey: "fund" });
  return accountId;
}

/** A hold by usage with its price, and for an account in euros its rate, fixed. */
async function reserveByUsage(accountId: string): Promise<string> {
  const request = { accountId, price: byUsage(), idempotencyKey: `reserve-${randomUUID()}` };
  const { reservation } = await clients.core.reserve(request);
  return reservation?.reservationId ?? "";
}

/** What is there before each outage. */
interface Scene {
  readonly dollars: string;
  readonly euros: string;
  readonly heldInEuros: string;
  readonly transactionId: string;
}

async function setScene(): Promise<Scene> {
  const [dollars, euros] = await Promise.all([fundedAccount("USD"), fundedAccount("EUR")]);
  const charge = { accountId: dollars, price: byUsage(), idempotencyKey: "before" };
  const [heldInEuros, { transaction }] = await Promise.all([
    reserveByUsage(euros),
    clients.core.charge(charge),
  ]);
  return { dollars, euros, heldInEuros, transactionId: transaction?.transactionId ?? "" };
}

/** Calls that between them need every part, each with a fresh key, so that they may be made again and again. */
const calls: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  "core: read a balance": ({ dollars }) => clients.core.getBalance({ accountId: dollars }),
  "core: charge an amount": ({ dollars }) =>
    clients.core.charge({ accountId: dollars, price: byAmount("0.01"), idempotencyKey: randomUUID() }),
  "core: charge usage": ({ dollars }) =>
    clients.core.charge({ accountId: dollars, price: byUsage(), idempotencyKey: randomUUID() }),
  "core: reserve usage priced in another currency": ({ euros }) =>
    clients.core.reserve({ accountId: euros, price: byUsage(), idempotencyKey: randomUUID() }),
  "pricing: calculate": () => clients.pricing.calculatePrice({ usage: { priceId: model, quantities } }),
  "exchange: get a rate": () => clients.exchange.getRate({ fromCurrency: "EUR", toCurrency: "USD" }),
  "monitoring: system health": () => clients.monitoring.getSystemHealth({}),
  "admin: statistics": () => clients.admin.getStats({}),
};

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
    const again = await clients.core.getTransaction({ transactionId });
    assert.equal(again.transaction?.derivationCheck, DerivationCheck.MATCHES);
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

for (const victim of ["core", "redis"] as const) {
  test(`${victim} killed under load: no hold or balance is lost, and a retry has one effect`, async () => {
    const accountId = await fundedAccount();
    const reservationId = await reserveByUsage(accountId);
    const charge = (index: number) =>
      clients.core.charge(
        { accountId, price: byAmount("0.001"), idempotencyKey: `charge-${index}` },
        { timeoutMs: 10_000 },
      );
    const count = 400;
    let answered = 0;
    let isKilling = false;
    const firstTries = Array.from({ length: count }, async (_, index) => {
      // Spread over some turns, the second half of them after the kill began, so that it comes in the middle.
      await waitUntil("its turn", () => answered >= index - 40 && (index < count / 2 || isKilling));
      const outcome = await outcomeOf(charge(index));
      answered += 1;
      return outcome;
    });
    await waitUntil("a part of the charges", () => answered >= count / 4);
    isKilling = true;
    await stack.kill(victim);
    const outcomes = await Promise.all(firstTries);
    assert.ok(outcomes.includes("OK"), "some charges came before the kill");
    assert.ok(
      outcomes.some((outcome) => outcome !== "OK"),
      "some charges met the kill",
    );

    await stack.restart(victim);
    await stack.waitUntilReady();
    for (let index = 0; index < count; index++) {
      const expectReplay = outcomes[index] === "OK";
      await eventually(async () => {
        const { idempotentReplay } = await charge(index);
        if (expectReplay) assert.equal(idempotentReplay, true, `charge ${index} was lost`);
      }, recoveredWithinMs);
    }

    const { balance } = await clients.core.getBalance({ accountId });
    const heldAtoms = costAtoms(model, quantities, "USD");
    const spentAtoms = atomsOf("0.001") * BigInt(count);
    assert.equal(balance?.spent?.amount, amountOf(spentAtoms));
    assert.equal(balance?.reserved?.amount, amountOf(heldAtoms));
    assert.equal(balance?.available?.amount, amountOf(atomsOf("10") - spentAtoms - heldAtoms));
    // Created, credited, held, and each charge once.
    assert.equal(balance?.sequence, BigInt(3 + count));

    const { reservation } = await clients.core.getReservation({ reservationId });
    assert.equal(reservation?.state, ReservationState.HELD);
    const commit = { reservationId, price: byUsage(), idempotencyKey: "commit" };
    const settled = await clients.core.commit(commit);
    assert.equal(settled.reservation?.captured?.amount, amountOf(heldAtoms));
    assert.equal(settled.balance?.reserved?.amount, "0");
  });
}

test("SIGTERM: calls under way finish, readyz turns 503, new connections are refused, the exit is clean", async () => {
  const accountId = await fundedAccount();
  const path = `/${serviceOf.core.typeName}/Charge`;
  const body = JSON.stringify({ accountId, amount: { money: money("1") }, idempotencyKey: "http1" });
  const http1 = await openRawConnection(stack.ports.core);
  http1.socket.write(
    `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
  );
  const readiness = await openRawConnection(stack.ports.core);
  readiness.socket.write("GET /readyz HTTP/1.1\r\nHost");

  const request = create(ChargeRequestSchema, {
    accountId,
    price: byAmount("2"),
    idempotencyKey: "http2",
  });
  const frame = grpcFrame(toBinary(ChargeRequestSchema, request));
  const session = connectHttp2(stack.url("core"));
  const isAskedToLeave = new Promise((resolve) => session.once("goaway", resolve));
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    authorization: `Bearer ${token}`,
    te: "trailers",
  });
  const trailers = new Promise<Record<string, unknown>>((resolve) => stream.once("trailers", resolve));
  stream.resume();
  stream.write(frame.subarray(0, 7));
  await waitUntil("both calls under way", async () => {
    const text = await (await fetch(`${stack.url("core")}/metrics`)).text();
    return Number(/^billing_rpc_in_flight\{[^}]*\} (\d+)$/m.exec(text)?.[1]) >= 2;
  });

  process.kill(stack.pidOf("core")!, "SIGTERM");
  await isAskedToLeave;
  await assert.rejects(openRawConnection(stack.ports.core), /ECONNREFUSED/);
  readiness.socket.write(": a\r\n\r\n");
  await readiness.receive(/^HTTP\/1\.1 503 [\s\S]*shutting down/);
  http1.socket.write(body.slice(10));
  await http1.receive(/^HTTP\/1\.1 200 [\s\S]*"available"/);
  stream.end(frame.subarray(7));
  assert.equal((await trailers)["grpc-status"], "0");
  await waitUntil("the end of core", () => stack.pidOf("core") === undefined);
  assert.ok(stack.lines.includes("core: ended with code 0"));
  for (const { socket } of [http1, readiness]) socket.destroy();
  session.destroy();

  await stack.restart("core");
  await eventually(async () => {
    const { balance } = await clients.core.getBalance({ accountId });
    assert.equal(balance?.available?.amount, "7");
  }, recoveredWithinMs);
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type DescMethodUnary, type JsonObject, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { GetSystemHealthResponseSchema } from "#gen/billing/monitoring/v1/system_health_rpc_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "#gen/grpc/health/v1/health_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { listDoors, type ServiceName, serviceNames } from "../tools/local/ports.ts";
import { type Caller, callers } from "./testing/callers.ts";
import {
  amountOf,
  atomsOf,
  costAtoms,
  dollarsPerEuro,
  exactDollars,
  rateDay,
} from "./testing/expected-cost.ts";
import { runCommand } from "./testing/run-command.ts";
import { clientsWith, type GrpcTransports, openGrpcTransports, serviceOf } from "./testing/services.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

const model = "openai/gpt-4o";
const estimated = { input_tokens: "1200", output_tokens: "1000" };
const actual = { input_tokens: "1187", output_tokens: "343" };
const credited = "5";

let stack: TestStack;
let transports: GrpcTransports;
let token: string;

before(async () => {
  const curl = await runCommand("curl", ["--version"]).catch(() => undefined);
  assert.ok(curl?.stdout.includes("HTTP2"), "these tests need the program curl, built with HTTP/2");
  stack = await startTestStack();
  transports = openGrpcTransports(stack);
  const scopes = ["core.read", "core.charge", "core.fund", "core.manage", "pricing.calculate"];
  token = await stack.token({ scopes });
});

after(async () => {
  transports?.close();
  await stack?.stop();
});

/** Walks into an answer in JSON; what is absent is undefined. */
function at(json: unknown, ...path: ReadonlyArray<string | number>): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)?.[key], json);
}

const core = BillingCoreService.method;
const usage = (quantities: Readonly<Record<string, string>>) => ({ priceId: model, quantities });

/** The main job in one currency, told through one way of calling; every amount is compared. */
async function playMainJob(caller: Caller, currency: "USD" | "EUR"): Promise<void> {
  const call = (method: DescMethodUnary, message: JsonObject) => {
    const door = method.parent === PricingService ? "pricing" : "core";
    return caller({ baseUrl: stack.url(door), token, method, message });
  };
  const money = (atoms: bigint) => ({ currencyCode: currency, amount: amountOf(atoms) });
  const creditedAtoms = atomsOf(credited);
  const heldAtoms = costAtoms(model, estimated, currency);
  const takenAtoms = costAtoms(model, actual, currency);
  assert.ok(0n < takenAtoms && takenAtoms < heldAtoms && heldAtoms < creditedAtoms);

  const accountId = `main-job-${randomUUID()}`;
  const created = await call(core.createAccount, { accountId, currencyCode: currency });
  assert.equal(at(created, "account", "ledgerScale"), 8);

  const credit = { accountId, amount: money(creditedAtoms), source: "admin", idempotencyKey: "credit" };
  assert.deepEqual(at(await call(core.credit, credit), "balance", "available"), money(creditedAtoms));

  const priced = await call(PricingService.method.calculatePrice, { usage: usage(estimated) });
  assert.equal(at(priced, "priced", "exactTotal"), exactDollars(model, estimated));
  assert.equal(at(priced, "priced", "currencyCode"), "USD");

  const reserve = { accountId, idempotencyKey: "reserve", usage: { usages: [usage(estimated)] } };
  const held = await call(core.reserve, reserve);
  assert.deepEqual(at(held, "reservation", "remaining"), money(heldAtoms));
  assert.deepEqual(at(held, "balance", "available"), money(creditedAtoms - heldAtoms));
  assert.deepEqual(at(held, "balance", "reserved"), money(heldAtoms));
  const lockedPrice = at(held, "reservation", "lockedPrices", 0);
  assert.equal(at(lockedPrice, "priceVersion"), at(priced, "priced", "priceVersion"));
  checkRate(at(held, "reservation", "lockedRate"), currency);

  const reservationId = at(held, "reservation", "reservationId") as string;
  const commit = { reservationId, idempotencyKey: "commit", usage: { usages: [usage(actual)] } };
  const settled = await call(core.commit, commit);
  assert.deepEqual(at(settled, "reservation", "captured"), money(takenAtoms));
  assert.equal(at(settled, "reservation", "state"), "RESERVATION_STATE_COMMITTED");

  const { balance } = await call(core.getBalance, { accountId });
  checkBalance(balance, { creditedAtoms, takenAtoms });

  const transactionId = at(settled, "transaction", "transactionId") as string;
  const { transaction } = await call(core.getTransaction, { transactionId });
  checkTransaction(transaction, currency, takenAtoms);

  const repeated = await call(core.commit, commit);
  assert.equal(repeated.idempotentReplay, true);
  assert.equal(at(repeated, "transaction", "transactionId"), transactionId);
  assert.deepEqual(at(await call(core.getBalance, { accountId }), "balance"), balance);
}

function checkBalance(balance: unknown, { creditedAtoms = 0n, takenAtoms = 0n }): void {
  const expected: Record<string, bigint> = {
    funded: creditedAtoms,
    spent: takenAtoms,
    expired: 0n,
    reserved: 0n,
    posted: creditedAtoms - takenAtoms,
    available: creditedAtoms - takenAtoms,
    spendable: creditedAtoms - takenAtoms,
  };
  for (const [column, atoms] of Object.entries(expected))
    assert.equal(at(balance, column, "amount"), amountOf(atoms), column);
  assert.equal(at(balance, "sequence"), "4");
}

/** Only an account in euros needs a rate: the published one, divided by, with its day. */
function checkRate(rate: unknown, currency: "USD" | "EUR"): void {
  if (currency === "USD") {
    assert.equal(rate, undefined);
    return;
  }
  assert.equal(at(rate, "steps", 0, "publishedRate"), dollarsPerEuro);
  assert.equal(at(rate, "steps", 0, "inverted"), true);
  assert.equal(at(rate, "provider"), "ecb");
  assert.equal(String(at(rate, "publishedAt")).slice(0, 10), rateDay);
  assert.equal(at(rate, "bundled"), true);
}

/** Why it cost what it cost: the inputs are there, and derived anew they give what was booked. */
function checkTransaction(transaction: unknown, currency: "USD" | "EUR", takenAtoms: bigint): void {
  assert.equal(at(transaction, "type"), "TRANSACTION_TYPE_COMMIT");
  assert.deepEqual(at(transaction, "usages", 0, "quantities"), actual);
  const legs = at(transaction, "legs") as unknown[];
  const sum = legs.reduce<bigint>((total, leg) => total + atomsOf(String(at(leg, "amount", "amount"))), 0n);
  assert.equal(sum, 0n);
  const spent = legs.filter((leg) => at(leg, "column") === "spent");
  assert.deepEqual(
    spent.map((leg) => at(leg, "amount", "amount")),
    [amountOf(takenAtoms)],
  );

  const derivation = at(transaction, "derivation");
  assert.equal(at(transaction, "derivationCheck"), "DERIVATION_CHECK_MATCHES");
  assert.deepEqual(at(derivation, "sourceAmount"), {
    currencyCode: "USD",
    amount: exactDollars(model, actual),
  });
  assert.deepEqual(at(derivation, "amount"), { currencyCode: currency, amount: amountOf(takenAtoms) });
  assert.equal(at(derivation, "pricedUsages", 0, "exactTotal"), exactDollars(model, actual));
  const lineItems = at(derivation, "pricedUsages", 0, "lineItems") as unknown[];
  assert.deepEqual(
    lineItems.map((line) => [at(line, "meter"), at(line, "quantity")]),
    Object.entries(actual),
  );
  checkRate(at(derivation, "rate"), currency);
}

for (const { name, caller, currencies } of callers) {
  for (const currency of currencies) {
    test(`the main job through ${name} costs what is published, for an account in ${currency}`, () =>
      playMainJob(caller, currency));
  }
}

describe("operations", () => {
  for (const door of serviceNames.flatMap(listDoors)) {
    test(`${door} says over HTTP that it lives, is ready, and what it counts`, async () => {
      const service = door === "adminHttp" ? "admin" : door;
      const alive = await fetch(`${stack.url(door)}/healthz`);
      assert.equal(alive.status, 200);
      assert.equal(at(await alive.json(), "service"), service);
      const ready = await fetch(`${stack.url(door)}/readyz`);
      assert.equal(ready.status, 200);
      assert.deepEqual(at(await ready.json(), "reasons"), []);
      const metrics = await fetch(`${stack.url(door)}/metrics`);
      assert.equal(metrics.status, 200);
      assert.match(
        await metrics.text(),
        new RegExp(`^billing_rpc_in_flight\\{service="${service}"\\} `, "m"),
      );
    });
  }

  for (const door of serviceNames) {
    test(`${door} serves by grpc.health.v1, as a whole and by name`, async () => {
      const health = createClient(Health, createGrpcTransport({ baseUrl: stack.url(door) }));
      for (const service of ["", serviceOf[door].typeName])
        assert.equal((await health.check({ service })).status, ServingStatus.SERVING, service);
    });
  }

  test("GetSystemHealth shows the five services and Redis serving", async () => {
    const { monitoring } = clientsWith(transports, await stack.token({ scopes: ["monitoring.read"] }));
    await eventually(async () => {
      const answer = toJson(GetSystemHealthResponseSchema, await monitoring.getSystemHealth({}));
      const components = (at(answer, "health", "components") as unknown[]).map((component) => [
        at(component, "component"),
        at(component, "status"),
      ]);
      const expected = [...serviceNames, "redis"].map((name) => [
        `COMPONENT_${name.toUpperCase()}`,
        "HEALTH_STATUS_SERVING",
      ]);
      assert.deepEqual(components.toSorted(), expected.toSorted());
      assert.equal(at(answer, "health", "status"), "HEALTH_STATUS_SERVING");
    });
  });
});

describe("Admin over HTTP", () => {
  const get = (headers: Record<string, string>) =>
    fetch(`${stack.url("adminHttp")}/admin/stats`, { headers });
  const key = () => ({ "x-admin-key": stack.environment.ADMIN_KEY ?? "" });

  test("shows the numbers of the whole system to the holder of the admin key", async () => {
    const { core: client } = clientsWith(transports, await stack.token());
    const accountId = `stats-${randomUUID()}`;
    await client.createAccount({ accountId, currencyCode: "NOK" });
    const amount = { currencyCode: "NOK", amount: "12.5" };
    await client.credit({ accountId, amount, source: "admin", idempotencyKey: "credit" });
    await eventually(async () => {
      const response = await get(key());
      assert.equal(response.status, 200);
      const { stats } = (await response.json()) as JsonObject;
      const kroner = (at(stats, "totals") as unknown[]).find((total) => at(total, "currencyCode") === "NOK");
      assert.deepEqual(
        [at(kroner, "accountCount"), at(kroner, "funded"), at(kroner, "liabilities")],
        ["1", "12.5", "12.5"],
      );
      const services = (at(stats, "services") as unknown[]).map((each) => [
        at(each, "service") as ServiceName,
        at(each, "reachability"),
      ]);
      assert.deepEqual(
        services.toSorted(),
        serviceNames.map((name) => [name, "REACHABILITY_SERVING"]).toSorted(),
      );
    });
  });

  const refusals: ReadonlyArray<[what: string, headers: Record<string, string>, reason: string]> = [
    ["without a key or token", {}, "ADMIN_KEY_MISSING"],
    ["with a wrong key", { "x-admin-key": "x".repeat(43) }, "ADMIN_KEY_INVALID"],
  ];
  for (const [what, headers, reason] of refusals) {
    test(`refuses the call ${what} with a problem that says ${reason}`, async () => {
      const response = await get(headers);
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("content-type")?.split(";")[0], "application/problem+json");
      assert.equal(at(await response.json(), "reason"), reason);
    });
  }
});

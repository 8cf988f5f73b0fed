import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { DescMethod } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "#gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { type ServiceName, serviceNames } from "../../tools/local/ports.ts";
import { refusalOf, serviceOf, withToken } from "../testing/services.ts";
import { smallestRequest } from "../testing/smallest-request.ts";
import { callOnce } from "./call-ways.ts";
import { allMethods, walkMethods } from "./credential-walk.ts";
import { type GuardedStack, startGuardedStack } from "./guarded-stack.ts";
import { readLedger } from "./ledger-snapshot.ts";
import { relayVisitors, walkRelay } from "./relay-walk.ts";
import { walkRoutes } from "./route-walk.ts";

let guarded: GuardedStack;

before(async () => {
  guarded = await startGuardedStack();
});

after(() => guarded?.stop());

/** One harmless read of each service. */
const reads: Readonly<Record<ServiceName, DescMethod>> = {
  core: serviceOf.core.method.listAccounts,
  pricing: serviceOf.pricing.method.calculatePrice,
  exchange: serviceOf.exchange.method.getRate,
  monitoring: serviceOf.monitoring.method.getSystemHealth,
  admin: serviceOf.admin.method.getStats,
};

test("tokens made by hand in the right way are accepted by every service, in every way of calling", async () => {
  for (const token of guarded.good) {
    for (const [door, method] of Object.entries(reads) as Array<[ServiceName, DescMethod]>) {
      for (const way of guarded.ways.all) {
        const call = callOnce(withToken(way.to(door), token), method, smallestRequest(method.input));
        const refusal = await refusalOf(call);
        const reason = refusal?.info?.reason ?? "OK";
        assert.doesNotMatch(reason, /TOKEN|SCOPE|PERMITTED/, `${door} over ${way.name}`);
      }
    }
  }
});

test("every method refuses what must not open it, and nothing in the ledger changes", async () => {
  const ledger = await readLedger(guarded.stack);
  const extent = { oneOf: 12, everyWay: false };
  const count = await walkMethods(guarded.stack, guarded.ways.all, guarded.forged, extent);
  assert.ok(count > allMethods.length * 6, `${count} attempts`);
  assert.deepEqual(await readLedger(guarded.stack), ledger);
});

test("every JSON route refuses what must not open it, and nothing in the ledger changes", async () => {
  const ledger = await readLedger(guarded.stack);
  assert.ok((await walkRoutes(guarded.stack, guarded.forged, 12)) > 700);
  assert.deepEqual(await readLedger(guarded.stack), ledger);
});

test("the relay for pages refuses what is no page that is signed in, and the customer of another account", async () => {
  const visitors = await relayVisitors(guarded.stack, guarded.forged);
  const ledger = await readLedger(guarded.stack);
  assert.ok((await walkRelay(guarded.stack, visitors, 4)) > allMethods.length * 2);
  assert.deepEqual(await readLedger(guarded.stack), ledger);
});

test("a token sent by another scheme than Bearer counts as missing", async () => {
  const token = await guarded.stack.token();
  for (const authorization of [`Basic ${token}`, token, "Bearer", "", `Bearer ${token}, Bearer ${token}`]) {
    const url = `${guarded.stack.url("core")}/${serviceOf.core.typeName}/GetBalance`;
    const headers = { authorization, "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: '{"accountId":"a"}' });
    assert.equal(response.status, 401, authorization);
    assert.match(await response.text(), /TOKEN_(MISSING|INVALID)/);
  }
});

describe("health and reflection", () => {
  for (const door of serviceNames) {
    test(`of ${door} are open to everybody`, async () => {
      const [way] = guarded.ways.all;
      const health = createClient(Health, way!.to(door));
      assert.equal((await health.check({})).status, ServingStatus.SERVING);
      const reflection = createClient(ServerReflection, way!.to(door));
      async function* question() {
        yield { messageRequest: { case: "listServices" as const, value: "" } };
      }
      for await (const { messageResponse } of reflection.serverReflectionInfo(question())) {
        assert.equal(messageResponse.case, "listServicesResponse");
        const names = messageResponse.case === "listServicesResponse" ? messageResponse.value.service : [];
        assert.ok(names.some(({ name }) => name === serviceOf[door].typeName));
      }
    });
  }
});

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import {
  Health,
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "#gen/grpc/health/v1/health_pb.ts";
import type { Redis } from "../redis/redis.ts";
import type { Call } from "../rpc/call.ts";
import { routesOf, type StreamHandler } from "../rpc/handlers.ts";
import { eventually } from "../testing/eventually.ts";
import { startRedis, type TestRedis } from "../testing/redis-server.ts";
import { startTestService } from "../testing/service.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import { createHealthState } from "./health.ts";

let server: TestRedis;
let redis: Redis;
let service: Awaited<ReturnType<typeof startTestService>>;
let notReady: readonly string[] = [];

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  service = await startTestService({
    redis,
    routes: [routesOf(PricingService, {})],
    notReady: async () => notReady,
  });
});

beforeEach(() => {
  notReady = [];
});

after(async () => {
  await service?.drain();
  await redis?.close();
  await server?.stop();
});

const client = () => createClient(Health, createGrpcTransport({ baseUrl: service.baseUrl }));

describe("Check", () => {
  for (const name of ["", PricingService.typeName]) {
    test(`${JSON.stringify(name)} serves, without a token, and follows readiness`, async () => {
      const expectStatus = (expected: ServingStatus) =>
        eventually(async () => assert.equal((await client().check({ service: name })).status, expected));
      await expectStatus(ServingStatus.SERVING);
      notReady = ["no store"];
      await expectStatus(ServingStatus.NOT_SERVING);
    });
  }

  for (const name of ["nothing", "billing.core.v1.BillingCoreService", "x".repeat(5_000)]) {
    test(`${name.slice(0, 40)} is NOT_FOUND, as the protocol wants`, async () => {
      await assert.rejects(client().check({ service: name }), (error) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(error.code, Code.NotFound);
        const [info] = error.findDetails(ErrorInfoSchema);
        assert.deepEqual([info?.reason, info?.metadata.service], ["SERVICE_UNKNOWN", name.slice(0, 200)]);
        return true;
      });
    });
  }

  test("answers JSON over HTTP/1.1 as well", async () => {
    const transport = createConnectTransport({
      baseUrl: service.baseUrl,
      httpVersion: "1.1",
      useBinaryFormat: false,
    });
    await eventually(async () =>
      assert.equal((await createClient(Health, transport).check({})).status, ServingStatus.SERVING),
    );
  });

  test("answers the stock gRPC client", async () => {
    const stock = new grpc.Client(`127.0.0.1:${service.port}`, grpc.credentials.createInsecure());
    const check = (name: string) =>
      new Promise<Buffer>((resolve, reject) => {
        stock.makeUnaryRequest(
          `/${Health.typeName}/Check`,
          // service = 1, text
          (text: string) => Buffer.concat([Buffer.from([0x0a, text.length]), Buffer.from(text)]),
          (bytes: Buffer) => bytes,
          name,
          (error, answer) => (error ? reject(error) : resolve(answer as Buffer)),
        );
      });
    try {
      await eventually(async () =>
        assert.deepEqual([...(await check(PricingService.typeName))], [0x08, 0x01]),
      );
      await assert.rejects(check("nothing"), { code: grpc.status.NOT_FOUND });
    } finally {
      stock.close();
    }
  });
});

test("List names the server and each of its services", async () => {
  await eventually(async () => {
    const { statuses } = await client().list({});
    const serving = Object.entries(statuses).map(([name, { status }]) => [name, status]);
    assert.deepEqual(serving, [
      ["", ServingStatus.SERVING],
      [PricingService.typeName, ServingStatus.SERVING],
    ]);
  });
});

describe("Watch", () => {
  /** What a watcher sees, straight from the handler, so that changes come when the test says. */
  function watch(health: ReturnType<typeof createHealthState>, name: string) {
    const leaving = new AbortController();
    const handler = health.routes.handlers.watch as StreamHandler<typeof Health.method.watch>;
    const request = create(HealthCheckRequestSchema, { service: name });
    const seen = handler(request, { signal: leaving.signal } as Call)[Symbol.asyncIterator]();
    return {
      next: async () => ((await seen.next()).value as HealthCheckResponse | undefined)?.status,
      leave: () => leaving.abort(),
    };
  }

  test("tells the state at once, and then each change, once", async () => {
    const health = createHealthState(["a.Service"]);
    const watcher = watch(health, "a.Service");
    assert.equal(await watcher.next(), ServingStatus.NOT_SERVING);
    health.setNotReadyReasons(["another reason"]);
    health.setNotReadyReasons([]);
    assert.equal(await watcher.next(), ServingStatus.SERVING);
    const change = watcher.next();
    health.setNotReadyReasons([]);
    health.setNotReadyReasons(["no store"]);
    assert.equal(await change, ServingStatus.NOT_SERVING);
  });

  test("of an unknown service says so and stays", async () => {
    const health = createHealthState([]);
    const watcher = watch(health, "nothing");
    assert.equal(await watcher.next(), ServingStatus.SERVICE_UNKNOWN);
    const next = watcher.next();
    health.setNotReadyReasons([]);
    watcher.leave();
    assert.equal(await next, undefined);
  });

  test("ends when the watcher leaves, also one that has left before", async () => {
    const health = createHealthState([]);
    const watcher = watch(health, "");
    await watcher.next();
    const waiting = watcher.next();
    watcher.leave();
    assert.equal(await waiting, undefined);
  });

  test("over the wire", async () => {
    const leaving = new AbortController();
    const seen: ServingStatus[] = [];
    await assert.rejects(async () => {
      for await (const { status } of client().watch({}, { signal: leaving.signal })) {
        seen.push(status);
        if (status === ServingStatus.SERVING && seen.length > 1) leaving.abort();
        notReady = status === ServingStatus.SERVING ? ["no store"] : [];
      }
    });
    assert.deepEqual(seen.slice(-2), [ServingStatus.NOT_SERVING, ServingStatus.SERVING]);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { BalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "#gen/grpc/health/v1/health_pb.ts";
import { CommonError } from "../errors/common-error.ts";
import type { Call } from "../rpc/call.ts";
import { routesOf } from "../rpc/handlers.ts";
import { eventually } from "../testing/eventually.ts";
import { createSelfSignedCertificate } from "../testing/self-signed-certificate.ts";
import { startTestService, testToken } from "../testing/service.ts";
import { redis } from "../testing/shared-redis.ts";

const nobody = { accountOf: () => undefined, notFound: () => new CommonError("INTERNAL", "-") };
const owners = { reservationId: nobody, transactionId: nobody };

/** A service whose unary call waits until the test lets it finish, and whose stream waits for its end. */
async function startWaiting(settings = {}) {
  const calls: Call[] = [];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const service = await startTestService({
    redis,
    owners,
    // So long that a machine that stalls does not cut what has ended well.
    settings: { SHUTDOWN_GRACE_MS: 60_000, ...settings },
    routes: [
      routesOf(BillingCoreService, {
        getBalance: async ({ accountId }, call) => {
          calls.push(call);
          await finished;
          return { balance: create(BalanceSchema, { accountId }) };
        },
        async *watchBalance({ accountId }, call) {
          calls.push(call);
          yield { event: { case: "snapshot" as const, value: create(BalanceSchema, { accountId }) } };
          await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
          if (accountId === "throws") call.signal.throwIfAborted();
        },
      }),
    ],
  });
  const headers = { authorization: `Bearer ${await testToken({ scopes: ["core.read"] })}` };
  return { service, calls, finish, headers };
}

/** How a stream ended. */
async function endOf(stream: AsyncIterable<unknown>): Promise<ConnectError | undefined> {
  try {
    for await (const _ of stream);
  } catch (error) {
    return ConnectError.from(error);
  }
  return undefined;
}

const transports = {
  grpc: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "connect over HTTP/1.1": (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
};

for (const [protocol, transport] of Object.entries(transports)) {
  describe(`draining, over ${protocol}`, () => {
    test("a call under way gets its answer, while nobody else gets in any more", async () => {
      const { service, calls, finish, headers } = await startWaiting();
      const client = createClient(BillingCoreService, transport(service.baseUrl));
      const answer = client.getBalance({ accountId: "alice" }, { headers });
      await eventually(() => assert.equal(calls.length, 1));
      const drained = service.drain();
      await assert.rejects(fetch(`${service.baseUrl}/readyz`, { headers: { connection: "close" } }));
      finish();
      assert.equal((await answer).balance?.accountId, "alice");
      await drained;
    });

    for (const accountId of ["throws", "returns"]) {
      test(`a stream ends at once and says why, though its handler ${accountId}`, async () => {
        const { service, calls, headers } = await startWaiting();
        const client = createClient(BillingCoreService, transport(service.baseUrl));
        const end = endOf(client.watchBalance({ accountId }, { headers }));
        await eventually(() => assert.equal(calls.length, 1));
        await service.drain();
        const error = await end;
        assert.equal(error?.code, Code.Unavailable);
        assert.equal(error?.findDetails(ErrorInfoSchema)[0]?.reason, "SHUTTING_DOWN");
        const text = await service.metrics.registry.metrics();
        assert.match(text, /WatchBalance",code="unavailable",reason="SHUTTING_DOWN".*\} 1/);
      });
    }

    test("a stream whose deadline passes says so", async () => {
      const { service, headers } = await startWaiting();
      const client = createClient(BillingCoreService, transport(service.baseUrl));
      const error = await endOf(client.watchBalance({ accountId: "returns" }, { headers, timeoutMs: 2_000 }));
      assert.equal(error?.code, Code.DeadlineExceeded);
      await eventually(async () =>
        assert.match(
          await service.metrics.registry.metrics(),
          /WatchBalance",code="(deadline_exceeded|canceled)"/,
        ),
      );
      await service.drain();
    });

    test("a watcher of its health learns of the end", async () => {
      const { service } = await startWaiting();
      const seen: ServingStatus[] = [];
      const ended = (async () => {
        for await (const { status } of createClient(Health, transport(service.baseUrl)).watch({}))
          seen.push(status);
      })();
      const rejected = assert.rejects(ended, (error) => ConnectError.from(error).code === Code.Unavailable);
      await eventually(() => assert.deepEqual(seen, [ServingStatus.SERVING]));
      await service.drain();
      await rejected;
    });
  });
}

test("calls still under way after the grace are cut", async () => {
  const { service, calls, finish, headers } = await startWaiting({ SHUTDOWN_GRACE_MS: 100 });
  const client = createClient(BillingCoreService, createGrpcTransport({ baseUrl: service.baseUrl }));
  const refused = assert.rejects(client.getBalance({ accountId: "alice" }, { headers }));
  await eventually(() => assert.equal(calls.length, 1));
  await service.drain();
  await refused;
  finish();
});

describe("starting", () => {
  const core = () => routesOf(BillingCoreService, {});

  test("refuses a resource field whose owner nobody can find", async () => {
    await assert.rejects(
      startTestService({ redis, routes: [core()] }),
      /cannot find the owner of: .*reservationId/,
    );
  });

  const { cert, key } = createSelfSignedCertificate();
  for (const settings of [{ TLS_CERT: cert }, { TLS_KEY: key }]) {
    test(`refuses ${Object.keys(settings)} alone`, async () => {
      await assert.rejects(startTestService({ redis, owners, routes: [core()], settings }), /TLS needs both/);
    });
  }

  test("speaks TLS with both", async () => {
    const service = await startTestService({
      redis,
      owners,
      routes: [core()],
      settings: { TLS_CERT: cert, TLS_KEY: key },
    });
    const transport = createGrpcTransport({
      baseUrl: `https://localhost:${service.port}`,
      nodeOptions: { ca: cert },
    });
    assert.equal((await createClient(Health, transport).check({})).status, ServingStatus.SERVING);
    await assert.rejects(fetch(`${service.baseUrl}/healthz`));
    await service.drain();
  });

  test("a service that is not ready starts, says why, and recovers", async () => {
    let reasons = ["the ledger is loading"];
    const service = await startTestService({
      redis,
      owners,
      routes: [core()],
      notReady: async () => {
        if (reasons[0] === "broken") throw new Error("the store did not answer");
        return reasons;
      },
    });
    const page = async () => {
      const response = await fetch(`${service.baseUrl}/readyz`);
      return [response.status, ((await response.json()) as { reasons: string[] }).reasons];
    };
    assert.deepEqual(await page(), [503, ["the ledger is loading"]]);
    reasons = [];
    await eventually(async () => assert.deepEqual(await page(), [200, []]));
    reasons = ["broken"];
    await eventually(async () => assert.deepEqual(await page(), [503, ["the store did not answer"]]));
    await service.drain();
  });
});

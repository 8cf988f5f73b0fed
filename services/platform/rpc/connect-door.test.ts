import assert from "node:assert/strict";
import { connect, constants } from "node:http2";
import { describe, test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { createDenyList } from "../access/deny-list.ts";
import { eventually } from "../testing/eventually.ts";
import type { testToken } from "../testing/service.ts";

import {
  handled,
  headersFor,
  reasonOf,
  redis,
  refusal,
  service,
  transports,
} from "./testing/served-accounts.ts";

for (const [protocol, transport] of Object.entries(transports)) {
  describe(`over ${protocol}`, () => {
    const client = () => createClient(BillingCoreService, transport(service.baseUrl));

    test("a good call is answered", async () => {
      const headers = await headersFor({ scopes: ["core.read"] });
      const { balance } = await client().getBalance({ accountId: "alice" }, { headers });
      assert.equal(balance?.accountId, "alice");
    });

    const refusals: Array<{
      name: string;
      claims?: Parameters<typeof testToken>[0];
      account: string;
      code: Code;
      reason: string;
    }> = [
      { name: "no token", account: "alice", code: Code.Unauthenticated, reason: "TOKEN_MISSING" },
      {
        name: "an expired token",
        claims: { scopes: ["core.read"], ttlSeconds: -60 },
        account: "alice",
        code: Code.Unauthenticated,
        reason: "TOKEN_EXPIRED",
      },
      {
        name: "a missing scope",
        claims: { scopes: ["core.charge"] },
        account: "alice",
        code: Code.PermissionDenied,
        reason: "SCOPE_MISSING",
      },
      {
        name: "a foreign account",
        claims: { scopes: ["core.read"], account: "bob" },
        account: "alice",
        code: Code.PermissionDenied,
        reason: "ACCOUNT_NOT_PERMITTED",
      },
      {
        name: "a field outside its bounds",
        claims: { scopes: ["core.read"] },
        account: "no spaces allowed",
        code: Code.InvalidArgument,
        reason: "REQUEST_INVALID",
      },
      {
        name: "a refusal by the domain",
        claims: { scopes: ["core.read"] },
        account: "refused",
        code: Code.FailedPrecondition,
        reason: "INSUFFICIENT_FUNDS",
      },
      {
        name: "a fault",
        claims: { scopes: ["core.read"] },
        account: "broken",
        code: Code.Internal,
        reason: "INTERNAL",
      },
      {
        name: "an unlisted reason",
        claims: { scopes: ["core.read"] },
        account: "unlisted",
        code: Code.Internal,
        reason: "INTERNAL",
      },
    ];
    for (const { name, claims, account, code, reason } of refusals) {
      test(`${name} is ${reason}, in the same form everywhere`, async () => {
        const headers = claims === undefined ? {} : await headersFor(claims);
        const error = await refusal(client().getBalance({ accountId: account }, { headers }));
        assert.equal(error.code, code);
        assert.equal(reasonOf(error), reason);
        assert.match(error.findDetails(ErrorInfoSchema)[0]?.metadata.request_id ?? "", /.{8,}/);
        assert.ok(!JSON.stringify(error.rawMessage).includes("secret internals"));
      });
    }

    test("an own reason carries its metadata and when to try again", async () => {
      const headers = await headersFor({ scopes: ["core.read"] });
      const error = await refusal(client().getBalance({ accountId: "refused" }, { headers }));
      assert.equal(error.findDetails(ErrorInfoSchema)[0]?.metadata.required, "7");
      const { retryDelay } = error.findDetails(RetryInfoSchema)[0] ?? {};
      assert.deepEqual([retryDelay?.seconds, retryDelay?.nanos], [1n, 500_000_000]);
    });

    test("a bad request names the field as the proto does", async () => {
      const headers = await headersFor({ scopes: ["core.charge"] });
      const charges = [
        {
          accountId: "alice",
          idempotencyKey: "k",
          price: {
            case: "usage" as const,
            value: { usages: [{ priceId: "p", quantities: { input_tokens: "-1" } }] },
          },
        },
      ];
      const error = await refusal(client().chargeBatch({ charges }, { headers }));
      assert.deepEqual(
        error.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field),
        ['charges[0].usage.usages[0].quantities["input_tokens"]'],
      );
    });

    test("a deadline is kept though the handler never answers", async () => {
      const headers = await headersFor({ scopes: ["core.read"] });
      const error = await refusal(client().getBalance({ accountId: "endless" }, { headers, timeoutMs: 200 }));
      assert.equal(error.code, Code.DeadlineExceeded);
    });
  });
}

describe("ownership", () => {
  const client = () => createClient(BillingCoreService, transports.grpc(service.baseUrl));

  test("a foreign resource does not exist; the own one does", async () => {
    const headers = await headersFor({ scopes: ["core.read"], account: "bob" });
    await client().getReservation({ reservationId: "bob/1" }, { headers });
    const foreign = await refusal(client().getReservation({ reservationId: "alice/1" }, { headers }));
    assert.deepEqual([foreign.code, reasonOf(foreign)], [Code.NotFound, "RESERVATION_NOT_FOUND"]);
  });

  test("one foreign line in a batch refuses the batch", async () => {
    const headers = await headersFor({ scopes: ["core.charge"], account: "bob" });
    const line = (accountId: string) => ({
      accountId,
      idempotencyKey: "k",
      price: { case: "amount" as const, value: { money: { currencyCode: "USD", amount: "1" } } },
    });
    await client().chargeBatch({ charges: [line("bob")] }, { headers });
    const error = await refusal(client().chargeBatch({ charges: [line("bob"), line("alice")] }, { headers }));
    assert.equal(reasonOf(error), "ACCOUNT_NOT_PERMITTED");
  });

  test("a method of the whole system refuses account-bound tokens", async () => {
    const headers = await headersFor({ scopes: ["core.manage"], account: "bob" });
    const error = await refusal(
      client().createAccount({ accountId: "bob", currencyCode: "USD" }, { headers }),
    );
    assert.equal(reasonOf(error), "ACCOUNT_NOT_PERMITTED");
  });

  test("an optional account must be named by an account-bound token", async () => {
    const headers = await headersFor({ scopes: ["core.read"], account: "bob" });
    assert.equal(
      reasonOf(await refusal(client().listReservations({}, { headers }))),
      "ACCOUNT_NOT_PERMITTED",
    );
  });
});

test("a refused call never reaches the handler", async () => {
  const client = createClient(BillingCoreService, transports.grpc(service.baseUrl));
  await refusal(client.getBalance({ accountId: "never-handled" }));
  assert.ok(!handled.includes("never-handled"));
});

test("a method without a handler is METHOD_UNAVAILABLE, after the gate", async () => {
  const client = createClient(BillingCoreService, transports.grpc(service.baseUrl));
  assert.equal(reasonOf(await refusal(client.getAccount({ accountId: "alice" }))), "TOKEN_MISSING");
  const error = await refusal(
    client.getAccount({ accountId: "alice" }, { headers: await headersFor({ scopes: ["core.read"] }) }),
  );
  assert.deepEqual([error.code, reasonOf(error)], [Code.Unimplemented, "METHOD_UNAVAILABLE"]);
});

test("a revoked token is refused soon", async () => {
  const client = createClient(BillingCoreService, transports.grpc(service.baseUrl));
  const headers = await headersFor({ scopes: ["core.read"] });
  await client.getBalance({ accountId: "alice" }, { headers });
  const { jti, exp } = JSON.parse(
    Buffer.from(headers.authorization.split(".")[1] ?? "", "base64url").toString(),
  );
  await createDenyList(redis).revoke(jti, exp * 1_000);
  await eventually(async () => {
    assert.equal(
      reasonOf(await refusal(client.getBalance({ accountId: "alice" }, { headers }))),
      "TOKEN_REVOKED",
    );
  });
});

test("a stream that the caller leaves is counted as ended", async () => {
  const client = createClient(BillingCoreService, transports.grpc(service.baseUrl));
  const headers = await headersFor({ scopes: ["core.read"] });
  const leaving = new AbortController();
  await assert.rejects(async () => {
    // Leaving the loop alone tells the server nothing (the client's iterable has no return); the signal does.
    for await (const { event } of client.watchBalance(
      { accountId: "alice" },
      { headers, signal: leaving.signal },
    )) {
      assert.equal(event.case, "snapshot");
      leaving.abort();
    }
  });
  await eventually(async () => {
    const text = await service.metrics.registry.metrics();
    assert.ok(/WatchBalance",code="canceled"/.test(text));
  });
});

test("an oversized request is refused before its handler", async () => {
  const client = createClient(BillingCoreService, createGrpcTransport({ baseUrl: service.baseUrl }));
  const headers = await headersFor({ scopes: ["core.read"] });
  const error = await refusal(client.getBalance({ accountId: "x".repeat(2 << 20) }, { headers }));
  assert.equal(error.code, Code.ResourceExhausted);
});

describe("a request that does not arrive whole", () => {
  test("over HTTP/2 is cut at its deadline and counted", async () => {
    const { authorization } = await headersFor({ scopes: ["core.read"] });
    const session = connect(service.baseUrl);
    const stream = session.request({
      ":method": "POST",
      ":path": "/billing.core.v1.BillingCoreService/GetBalance",
      "content-type": "application/grpc+proto",
      "grpc-timeout": "300m",
      te: "trailers",
      authorization,
    });
    stream.write(Buffer.from([0, 0, 0]));
    const code = await new Promise<number | undefined>((resolve) => {
      stream.on("error", () => {});
      stream.on("close", () => resolve(stream.rstCode));
    });
    assert.equal(code, constants.NGHTTP2_CANCEL);
    session.close();
    await eventually(async () => {
      const text = await service.metrics.registry.metrics();
      assert.ok(/GetBalance",code="deadline_exceeded",reason="DEADLINE_PASSED"/.test(text));
      assert.match(text, /billing_rpc_in_flight\{service="test"\} 0/);
    });
  });

  test("and announces too much is refused with the bound, before it is sent", async () => {
    const { authorization } = await headersFor({ scopes: ["core.read"] });
    const response = await fetch(`${service.baseUrl}/billing.core.v1.BillingCoreService/GetBalance`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ accountId: "x".repeat(2 << 20) }),
    });
    const { details } = (await response.json()) as {
      details: Array<{ debug?: { reason?: string; metadata?: object } }>;
    };
    assert.equal(details[0]?.debug?.reason, "REQUEST_TOO_LARGE");
  });
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { Code, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { AdminRole } from "#gen/billing/admin/v1/admin_key_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { refusalOf, serviceOf } from "./testing/services.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

let stack: TestStack;
let operator: Transport;

before(async () => {
  stack = await startTestStack();
  operator = await signIn({ headers: { "x-admin-key": stack.environment.ADMIN_KEY ?? "" } });
});

after(async () => {
  await stack?.stop();
});

/** Signs in as a page does, and gives the transport of that page. */
async function signIn(init: RequestInit, make = createConnectTransport): Promise<Transport> {
  const response = await fetch(`${stack.url("adminHttp")}/session`, { method: "POST", ...init });
  assert.equal(response.status, 200, await response.clone().text());
  const { csrfToken } = (await response.json()) as { csrfToken: string };
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  const asPage: Interceptor = (next) => (request) => {
    request.header.set("cookie", cookie);
    request.header.set("x-csrf-token", csrfToken);
    return next(request);
  };
  const baseUrl = `${stack.url("adminHttp")}/rpc`;
  return make({ baseUrl, interceptors: [asPage], defaultTimeoutMs: 60_000 });
}

async function createAccount(): Promise<string> {
  const accountId = `relay-${randomUUID()}`;
  await createClient(serviceOf.core, operator).createAccount({ accountId, currencyCode: "USD" });
  return accountId;
}

describe("a page that is signed in", () => {
  for (const [name, make] of [
    ["Connect", createConnectTransport],
    ["gRPC-Web", createGrpcWebTransport],
  ] as const) {
    test(`reads from all five services over ${name}`, async () => {
      const page = await signIn({ headers: { "x-admin-key": stack.environment.ADMIN_KEY ?? "" } }, make);
      assert.ok((await createClient(serviceOf.core, page).listAccounts({})).accounts);
      assert.ok((await createClient(serviceOf.pricing, page).listPrices({ pageSize: 1 })).prices.length > 0);
      assert.ok(
        (await createClient(serviceOf.exchange, page).getRate({ fromCurrency: "EUR", toCurrency: "USD" }))
          .rate,
      );
      assert.ok((await createClient(serviceOf.monitoring, page).getSystemHealth({})).health);
      assert.ok((await createClient(serviceOf.admin, page).getStats({})).stats);
    });
  }

  test("sees a change of a balance as it happens", async () => {
    const accountId = await createAccount();
    const leaving = new AbortController();
    const core = createClient(serviceOf.core, operator);
    const stream = core
      .watchBalance({ accountId }, { signal: leaving.signal, timeoutMs: 0 })
      [Symbol.asyncIterator]();
    assert.equal((await stream.next()).value?.event.case, "snapshot");
    await core.credit({
      accountId,
      amount: { currencyCode: "USD", amount: "7" },
      source: "admin",
      idempotencyKey: randomUUID(),
    });
    const { value } = await stream.next();
    assert.equal(
      value?.event.case === "change" && value.event.value.transaction?.balanceAfter?.available?.amount,
      "7",
    );
    leaving.abort();
  });

  test("begins a stream of rates", async () => {
    const leaving = new AbortController();
    const pairs = [{ fromCurrency: "EUR", toCurrency: "USD" }];
    const stream = createClient(serviceOf.exchange, operator).watchRates(
      { pairs },
      { signal: leaving.signal },
    );
    for await (const { event } of stream) {
      assert.equal(event.case, "rate");
      leaving.abort();
      break;
    }
  });

  test("may do what its role may, and the refusal names the role that is needed", async () => {
    const { secret } = await createClient(serviceOf.admin, operator).createAdminKey({
      name: "Vera",
      role: AdminRole.VIEWER,
      reason: "looks at figures",
    });
    const viewer = createClient(serviceOf.core, await signIn({ headers: { "x-admin-key": secret } }));
    const accountId = await createAccount();
    assert.equal((await viewer.getAccount({ accountId })).account?.accountId, accountId);
    const refusal = await refusalOf(viewer.freezeAccount({ accountId, freezeReason: "x" }));
    assert.equal(refusal?.info?.reason, "ROLE_INSUFFICIENT");
    assert.equal(refusal?.info?.metadata.required_role, "finance");
  });
});

test("the page of a customer sees its own account alone, by a link that works once", async () => {
  const [mine, other] = [await createAccount(), await createAccount()];
  const { linkUrl } = await createClient(serviceOf.admin, operator).issueToken({
    subject: "customer",
    scopes: ["core.read"],
    accountId: mine,
    reason: "asked for the balance",
    asLink: true,
  });
  const link = linkUrl.split("#link=")[1];
  const request = { headers: { "content-type": "application/json" }, body: JSON.stringify({ link }) };
  const customer = createClient(serviceOf.core, await signIn(request));
  assert.equal((await customer.getBalance({ accountId: mine })).balance?.accountId, mine);
  for (const call of [
    () => customer.getBalance({ accountId: other }),
    () => customer.listTransactions({ accountId: other }),
    () => customer.listAccounts({}),
  ])
    assert.equal((await refusalOf(call()))?.info?.reason, "ACCOUNT_NOT_PERMITTED");
  const again = await fetch(`${stack.url("adminHttp")}/session`, { method: "POST", ...request });
  assert.deepEqual(
    [again.status, ((await again.json()) as { reason: string }).reason],
    [401, "LINK_INVALID"],
  );
});

test("a service that is lost is named, and the others go on; when it is back, so are its calls", async () => {
  const pricing = createClient(serviceOf.pricing, operator);
  await stack.kill("pricing");
  const refusal = await refusalOf(pricing.listPrices({ pageSize: 1 }));
  assert.equal(refusal?.error.code, Code.Unavailable);
  assert.deepEqual([refusal?.info?.reason, refusal?.info?.metadata.service], ["PEER_UNAVAILABLE", "pricing"]);
  const overJson = await fetch(`${stack.url("adminHttp")}/admin/pricing`, {
    headers: { "x-admin-key": stack.environment.ADMIN_KEY ?? "" },
  });
  const { reason, metadata } = (await overJson.json()) as {
    reason: string;
    metadata: Record<string, string>;
  };
  assert.deepEqual([overJson.status, reason, metadata.service], [503, "PEER_UNAVAILABLE", "pricing"]);
  assert.ok((await createClient(serviceOf.core, operator).listAccounts({})).accounts);
  await stack.restart("pricing");
  await eventually(async () => assert.ok((await pricing.listPrices({ pageSize: 1 })).prices.length > 0));
});

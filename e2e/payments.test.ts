import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { PaymentState } from "#gen/billing/admin/v1/payment_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { type PaymentStack, startPaymentStack } from "./testing/payment-stack.ts";
import { expectAvailable, expectCredited, patientMs, payTopUp, payUnheard } from "./testing/payment-steps.ts";
import { outcomeOf } from "./testing/services.ts";

let payments: PaymentStack;

before(async () => {
  payments = await startPaymentStack({ TOP_UP_RETURN_ORIGINS: "https://shop.example" });
});

after(() => payments?.stop());

describe("a top-up", () => {
  test("leads over the page of Stripe and back, and is in the balance once", async () => {
    const accountId = await payments.openAccount("USD");
    const request = {
      accountId,
      amount: { currencyCode: "USD", amount: "20.00" },
      idempotencyKey: randomUUID(),
      successUrl: "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
      metadata: { order: "7" },
    };
    const first = await payments.clients.admin.createCheckoutSession(request);
    const again = await payments.clients.admin.createCheckoutSession(request);
    assert.deepEqual(
      [again.idempotentReplay, again.checkoutUrl, again.payment?.paymentId],
      [true, first.checkoutUrl, first.payment?.paymentId],
    );
    const body = new URLSearchParams({ action: "pay" });
    const paid = await fetch(first.checkoutUrl, { method: "POST", body, redirect: "manual" });
    const sessionId = first.payment!.checkoutSessionId;
    assert.equal(paid.headers.get("location"), `https://shop.example/thanks?session=${sessionId}`);
    await expectCredited(payments, first.payment!.paymentId);
    assert.equal(await payments.availableOf(accountId), "20");

    const { payment } = await payments.clients.admin.getPayment({ paymentId: first.payment!.paymentId });
    assert.equal(payment?.creditedAmount?.amount, "20");
    assert.equal(payment?.creditReference, payment?.paymentIntentId);
    await eventually(async () => {
      const { events } = await payments.clients.admin.getPayment({ paymentId: payment!.paymentId });
      assert.deepEqual(events.map(({ type }) => type).sort(), [
        "checkout.session.completed",
        "payment_intent.succeeded",
      ]);
      assert.ok(events.every(({ processedAt }) => processedAt !== undefined));
      // Which of the two comes first is chance.
      const credits = events.filter(({ effect }) => effect === "credited 20 USD");
      assert.deepEqual(
        credits.map(({ transactionId }) => transactionId),
        [payment?.creditTransactionId],
      );
    }, patientMs);
    const page = await fetch(`${payments.stack.url("adminHttp")}/top-up/return?session=${sessionId}`);
    assert.match(await page.text(), /20 USD is in your balance/);
  });

  test("is credited by the page to which the payer comes back, if no event arrives", async () => {
    const accountId = await payments.openAccount("EUR");
    const { sessionId } = await payments.beginTopUp(accountId, "EUR", "7.5");
    payUnheard(payments, sessionId);
    const page = await fetch(`${payments.stack.url("adminHttp")}/top-up/return?session=${sessionId}`);
    assert.match(await page.text(), /7\.5 EUR is in your balance/);
    assert.equal(await payments.availableOf(accountId), "7.5");
  });

  test("by a slow method is credited when the money comes, and not before", async () => {
    const accountId = await payments.openAccount("EUR");
    const { paymentId, sessionId } = await payments.beginTopUp(accountId, "EUR", "50");
    payments.stripe.checkout.payLater(sessionId);
    await eventually(async () => {
      const { payment } = await payments.clients.admin.getPayment({ paymentId });
      assert.equal(payment?.state, PaymentState.PROCESSING);
    }, patientMs);
    assert.equal(await payments.availableOf(accountId), "0");
    payments.stripe.checkout.settleLater(sessionId, true);
    await expectAvailable(payments, accountId, "50");
  });

  test("begins, is shown and is refunded over HTTP JSON too", async () => {
    const accountId = await payments.openAccount("USD");
    const http = payments.stack.url("adminHttp");
    const send = async (method: string, path: string, body?: object) => {
      const response = await fetch(`${http}${path}`, {
        method,
        headers: {
          "x-admin-key": payments.stack.environment.ADMIN_KEY!,
          "idempotency-key": randomUUID(),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    };
    const amount = { currencyCode: "USD", amount: "6" };
    const begun = await send("POST", "/create-checkout", { accountId, amount });
    assert.equal(begun.status, 200, JSON.stringify(begun.json));
    const { paymentId } = begun.json.payment as { paymentId: string };
    const paid = await fetch(String(begun.json.checkoutUrl), {
      method: "POST",
      body: new URLSearchParams({ action: "pay" }),
    });
    assert.match(await paid.text(), /6 USD/);
    await expectCredited(payments, paymentId);
    assert.equal(await payments.availableOf(accountId), "6");
    const shown = await send("GET", `/admin/payments/${paymentId}`);
    assert.equal((shown.json.payment as { state: string }).state, "PAYMENT_STATE_CREDITED");
    const listed = await send("GET", `/admin/payments?accountId=${accountId}`);
    assert.equal((listed.json.payments as unknown[]).length, 1);
    const refunded = await send("POST", `/admin/payments/${paymentId}/refund`, { reason: "over HTTP" });
    assert.equal(refunded.status, 200, JSON.stringify(refunded.json));
    await expectAvailable(payments, accountId, "0");
    const wrong = await fetch(`${http}/webhook`);
    assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "POST"]);
  });

  const currencies: ReadonlyArray<[currency: string, amount: string]> = [
    ["JPY", "500"],
    ["KWD", "12.34"],
    ["ISK", "500"],
    ["USD", "0.5"],
  ];
  for (const [currency, amount] of currencies) {
    test(`of ${amount} ${currency} is ${amount} in the balance`, async () => {
      const { accountId } = await payTopUp(payments, currency, amount);
      assert.equal(await payments.availableOf(accountId), amount);
    });
  }

  test("in another currency than the account's is converted at the rate of its time", async () => {
    const accountId = await payments.openAccount("USD");
    const { paymentId } = await payTopUp(payments, "EUR", "10", accountId);
    const { payment } = await payments.clients.admin.getPayment({ paymentId });
    const { transaction } = await payments.clients.core.getTransaction({
      transactionId: payment!.creditTransactionId,
    });
    assert.equal(payment?.creditedAmount?.currencyCode, "USD");
    assert.equal(payment?.creditedAmount?.amount, transaction?.amount?.amount);
    assert.equal(await payments.availableOf(accountId), transaction?.amount?.amount);
  });

  test("does not credit the tax", async () => {
    const accountId = await payments.openAccount("USD");
    const session = payments.stripe.checkout.create(
      {
        mode: "payment",
        success_url: "https://shop.example",
        metadata: { account_id: accountId, top_up_id: `tax-${randomUUID()}` },
        line_items: [{ quantity: "1", price_data: { currency: "usd", unit_amount: "2000" } }],
      },
      { taxMinor: 380 },
    );
    payments.stripe.checkout.pay(session.id);
    await expectAvailable(payments, accountId, "20");
  });

  test("to an account that was closed meanwhile is shown as not applied, and can be paid back", async () => {
    const accountId = await payments.openAccount("USD");
    const { paymentId, sessionId } = await payments.beginTopUp(accountId, "USD", "5");
    await payments.clients.core.closeAccount({ accountId });
    payments.stripe.checkout.pay(sessionId);
    await eventually(async () => {
      const page = await payments.clients.admin.listPayments({ accountId, unappliedOnly: true });
      assert.equal(page.payments[0]?.unappliedReason, "ACCOUNT_CLOSED");
      assert.equal(page.payments[0]?.state, PaymentState.PAID);
    }, patientMs);
    await payments.clients.admin.refundPayment({
      paymentId,
      reason: "the account was closed",
      idempotencyKey: randomUUID(),
    });
    const page = await payments.clients.admin.listPayments({ accountId, unappliedOnly: true });
    assert.deepEqual(page.payments, []);
  });
});

describe("what a top-up may not be", () => {
  const good = { amount: { currencyCode: "USD", amount: "20" } };
  const refused: ReadonlyArray<[name: string, change: object, reason: string]> = [
    [
      "less than Stripe takes",
      { amount: { currencyCode: "USD", amount: "0.49" } },
      "TOP_UP_AMOUNT_OUT_OF_BOUNDS",
    ],
    [
      "more than Stripe takes",
      { amount: { currencyCode: "USD", amount: "1000000" } },
      "TOP_UP_AMOUNT_OUT_OF_BOUNDS",
    ],
    [
      "of parts of a cent",
      { amount: { currencyCode: "USD", amount: "20.001" } },
      "TOP_UP_AMOUNT_NOT_PAYABLE",
    ],
    ["of parts of a yen", { amount: { currencyCode: "JPY", amount: "500.5" } }, "TOP_UP_AMOUNT_NOT_PAYABLE"],
    ["of a third digit", { amount: { currencyCode: "KWD", amount: "1.234" } }, "TOP_UP_AMOUNT_NOT_PAYABLE"],
    [
      "in a unit of our own",
      { amount: { currencyCode: "CREDIT", amount: "20" } },
      "TOP_UP_CURRENCY_NOT_SUPPORTED",
    ],
    ["with a foreign page", { ...good, successUrl: "https://evil.example/" }, "RETURN_URL_NOT_ALLOWED"],
    ["with our own mark", { ...good, metadata: { account_id: "x" } }, "REQUEST_INVALID"],
    ["with a reserved name", { ...good, metadata: { holdfast_x: "x" } }, "REQUEST_INVALID"],
    ["for nobody", { ...good, accountId: "nobody" }, "ACCOUNT_NOT_FOUND"],
  ];
  for (const [name, change, reason] of refused) {
    test(`${name}: ${reason}`, async () => {
      const accountId = await payments.openAccount("USD");
      const before = payments.stripe.records.sessions.newestFirst().length;
      const call = payments.clients.admin.createCheckoutSession({
        accountId,
        idempotencyKey: randomUUID(),
        ...change,
      });
      assert.equal(await outcomeOf(call), reason);
      const { payments: begun } = await payments.clients.admin.listPayments({ accountId });
      assert.deepEqual([begun.length, payments.stripe.records.sessions.newestFirst().length], [0, before]);
    });
  }

  test("more than the account's balance can hold", async () => {
    const accountId = await payments.openAccount("IDR");
    const amount = { currencyCode: "IDR", amount: "9000000000" };
    for (let index = 0; index < 10; index++)
      await payments.clients.core.credit({ accountId, amount, source: "admin", idempotencyKey: `c${index}` });
    const call = payments.clients.admin.createCheckoutSession({
      accountId,
      amount,
      idempotencyKey: randomUUID(),
    });
    assert.equal(await outcomeOf(call), "TOP_UP_WOULD_NOT_FIT");
  });

  test("another one under the same key", async () => {
    const accountId = await payments.openAccount("USD");
    const request = { accountId, idempotencyKey: "k", amount: { currencyCode: "USD", amount: "20" } };
    await payments.clients.admin.createCheckoutSession(request);
    const other = { ...request, amount: { currencyCode: "USD", amount: "21" } };
    assert.equal(
      await outcomeOf(payments.clients.admin.createCheckoutSession(other)),
      "IDEMPOTENCY_KEY_REUSED",
    );
  });
});

test("a token of one account sees its own payments and begins its own top-ups only", async () => {
  const own = await payTopUp(payments, "USD", "3");
  const other = await payTopUp(payments, "USD", "3");
  const token = await payments.stack.token({ account: own.accountId });
  const call = async (method: string, body: object) => {
    const response = await fetch(`${payments.stack.url("admin")}/billing.admin.v1.AdminService/${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.status;
  };
  const amount = { currencyCode: "USD", amount: "5" };
  assert.deepEqual(
    [
      await call("GetPayment", { paymentId: own.paymentId }),
      await call("GetPayment", { paymentId: other.paymentId }),
      await call("ListPayments", { accountId: own.accountId }),
      await call("ListPayments", { accountId: other.accountId }),
      await call("CreateCheckoutSession", { accountId: own.accountId, amount, idempotencyKey: "a" }),
      await call("CreateCheckoutSession", { accountId: other.accountId, amount, idempotencyKey: "a" }),
    ],
    [200, 404, 200, 403, 200, 403],
  );
});

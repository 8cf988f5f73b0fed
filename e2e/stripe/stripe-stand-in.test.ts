import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import Stripe from "stripe";
import { eventually } from "#platform/testing/eventually.ts";
import type { StripeEvent } from "./stripe-objects.ts";
import { type StripeStandIn, startStripeStandIn } from "./stripe-stand-in.ts";
import { deliver } from "./webhooks.ts";

const secretKey = "sk_test_stand_in_0123456789";
const webhookSecret = "whsec_stand_in_0123456789";

/** An endpoint that keeps what it was sent and answers as told. */
async function startReceiver() {
  const received: Array<{ body: string; signature: string }> = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({
      body: Buffer.concat(chunks).toString(),
      signature: String(request.headers["stripe-signature"] ?? ""),
    });
    response.writeHead(answers.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { received, answers, url: `http://127.0.0.1:${port}/webhook`, close: () => server.close() };
}

describe("the stand-in for Stripe", () => {
  let standIn: StripeStandIn;
  let stripe: Stripe;

  const order = (
    more: Partial<Stripe.Checkout.SessionCreateParams> = {},
  ): Stripe.Checkout.SessionCreateParams => ({
    mode: "payment",
    success_url: "https://shop.example/paid?session={CHECKOUT_SESSION_ID}",
    cancel_url: "https://shop.example/left",
    client_reference_id: "acme",
    metadata: { account_id: "acme" },
    payment_intent_data: { metadata: { account_id: "acme" } },
    line_items: [
      { quantity: 2, price_data: { currency: "usd", unit_amount: 1_250, product_data: { name: "Credit" } } },
    ],
    ...more,
  });

  before(async () => {
    standIn = await startStripeStandIn({ secretKey });
    stripe = new Stripe(secretKey, {
      host: standIn.host,
      port: standIn.port,
      protocol: "http",
      telemetry: false,
      maxNetworkRetries: 0,
    });
  });
  after(() => standIn.close());

  test("a session paid by card leads to a payment, a charge and both events", async () => {
    const session = await stripe.checkout.sessions.create(order());
    assert.equal(session.amount_total, 2_500);
    assert.equal(session.payment_status, "unpaid");
    const answer = await fetch(session.url!, {
      method: "POST",
      body: new URLSearchParams({ action: "pay" }),
      redirect: "manual",
    });
    assert.equal(answer.headers.get("location"), `https://shop.example/paid?session=${session.id}`);

    const paid = await stripe.checkout.sessions.retrieve(session.id);
    assert.equal(paid.payment_status, "paid");
    const intent = await stripe.paymentIntents.retrieve(String(paid.payment_intent));
    assert.equal(intent.status, "succeeded");
    assert.deepEqual(intent.metadata, { account_id: "acme" });
    const events = await stripe.events.list({ limit: 100 });
    const types = events.data
      .filter(({ data }) => [session.id, intent.id].includes((data.object as { id: string }).id))
      .map(({ type }) => type);
    assert.deepEqual(types.sort(), ["checkout.session.completed", "payment_intent.succeeded"]);
  });

  test("a delayed payment is complete but unpaid until the bank says so", async () => {
    const { id } = await stripe.checkout.sessions.create(order());
    standIn.checkout.payLater(id);
    assert.equal((await stripe.checkout.sessions.retrieve(id)).payment_status, "unpaid");
    standIn.checkout.settleLater(id, true);
    assert.equal((await stripe.checkout.sessions.retrieve(id)).payment_status, "paid");
  });

  test("a declined card leaves the session open, an expired one takes no payment", async () => {
    const { id } = await stripe.checkout.sessions.create(order());
    standIn.checkout.decline(id);
    assert.equal((await stripe.checkout.sessions.retrieve(id)).status, "open");
    assert.equal((await stripe.checkout.sessions.expire(id)).status, "expired");
    assert.throws(() => standIn.checkout.pay(id), /expired/);
  });

  test("tax and discount change the total and not the subtotal", () => {
    const session = standIn.checkout.create(
      {
        mode: "payment",
        success_url: "https://shop.example",
        line_items: [{ quantity: "1", price_data: { currency: "eur", unit_amount: "2000" } }],
      },
      { taxMinor: 380, discountMinor: 100 },
    );
    assert.deepEqual([session.amount_subtotal, session.amount_total], [2_000, 2_280]);
  });

  test("refunds add up to the charge and no further", async () => {
    const { id } = await stripe.checkout.sessions.create(order());
    const intent = String(standIn.checkout.pay(id).payment_intent);
    await stripe.refunds.create({ payment_intent: intent, amount: 1_000 });
    await assert.rejects(stripe.refunds.create({ payment_intent: intent, amount: 1_501 }), /greater than/);
    const second = await stripe.refunds.create({ payment_intent: intent });
    assert.equal(second.amount, 1_500);
    await assert.rejects(stripe.refunds.create({ payment_intent: intent }), {
      code: "charge_already_refunded",
    });
    standIn.reversals.failRefund(second.id);
    const [charge] = (await stripe.charges.list({ payment_intent: intent })).data;
    assert.equal(charge!.amount_refunded, 1_000);
  });

  test("a dispute that is won gives the money back", async () => {
    const { id } = await stripe.checkout.sessions.create(order());
    const intent = String(standIn.checkout.pay(id).payment_intent);
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intent);
    const dispute = standIn.reversals.openDispute(String(charge));
    standIn.reversals.closeDispute(dispute.id, "won");
    const types = standIn.records.events
      .newestFirst()
      .filter(({ data }) => data.object.id === dispute.id)
      .map(({ type }) => type.replace("charge.dispute.", ""));
    assert.deepEqual(types, ["closed", "funds_reinstated", "funds_withdrawn", "created"]);
  });

  test("an idempotency key gives the first answer again, and refuses another request", async () => {
    const options = { idempotencyKey: "order-1" };
    const first = await stripe.checkout.sessions.create(order(), options);
    assert.equal((await stripe.checkout.sessions.create(order(), options)).id, first.id);
    await assert.rejects(stripe.checkout.sessions.create(order({ client_reference_id: "other" }), options), {
      type: "StripeIdempotencyError",
    });
  });

  test("an answer lost after its effect is found again by its key", async () => {
    standIn.failNext(1);
    const options = { idempotencyKey: "order-2" };
    await assert.rejects(stripe.checkout.sessions.create(order(), options), { type: "StripeAPIError" });
    const found = await stripe.checkout.sessions.create(order(), options);
    assert.equal(found.lastResponse.headers["idempotent-replayed"], "true");
  });

  for (const [what, call, expected] of [
    ["an unknown session", () => stripe.checkout.sessions.retrieve("cs_none"), { code: "resource_missing" }],
    [
      "another key",
      () =>
        new Stripe("sk_test_wrong", {
          host: standIn.host,
          port: standIn.port,
          protocol: "http",
        }).events.list(),
      { type: "StripeAuthenticationError" },
    ],
    [
      "an order without lines",
      () => stripe.checkout.sessions.create(order({ line_items: [] })),
      { statusCode: 400 },
    ],
  ] as ReadonlyArray<[string, () => Promise<unknown>, object]>) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(call(), expected);
    });
  }

  test("lists page by page, newest first", async () => {
    const ids: string[] = [];
    for await (const event of stripe.events.list({ limit: 3 })) ids.push(event.id);
    assert.deepEqual(
      ids,
      standIn.records.events.newestFirst().map(({ id }) => id),
    );
  });

  describe("webhooks", () => {
    const anEvent = async (): Promise<StripeEvent> => {
      const { id } = await stripe.checkout.sessions.create(order());
      standIn.checkout.pay(id);
      return standIn.records.events.newestFirst()[0]!;
    };
    const isGenuine = ({ body, signature }: { body: string; signature: string }) => {
      try {
        stripe.webhooks.constructEvent(body, signature, webhookSecret);
        return true;
      } catch {
        return false;
      }
    };

    for (const [name, options, genuine] of [
      ["signed", {}, true],
      ["signed with another secret", { secret: "whsec_forged" }, false],
      ["altered after signing", { alter: (body: string) => body.replace("2500", "9900") }, false],
      ["old", { timestamp: Math.floor(Date.now() / 1_000) - 301 }, false],
      ["unsigned", { unsigned: true }, false],
    ] as const) {
      test(`delivers an event ${name}`, async (t) => {
        const receiver = await startReceiver();
        t.after(receiver.close);
        const { status } = await deliver(
          await anEvent(),
          { url: receiver.url, secret: webhookSecret },
          options,
        );
        assert.equal(status, 200);
        assert.equal(isGenuine(receiver.received[0]!), genuine);
      });
    }

    test("says that nobody answered", async () => {
      const { status } = await deliver(await anEvent(), { url: "http://127.0.0.1:9", secret: webhookSecret });
      assert.equal(status, 0);
    });

    test("delivers by itself, and again when it was not taken", async (t) => {
      const receiver = await startReceiver();
      receiver.answers.push(500, 503);
      const own = await startStripeStandIn({
        secretKey,
        webhook: { url: receiver.url, secret: webhookSecret },
      });
      t.after(async () => {
        await own.close();
        receiver.close();
      });
      const session = own.checkout.create({
        mode: "payment",
        success_url: "https://shop.example",
        line_items: [{ quantity: "1", price_data: { currency: "jpy", unit_amount: "500" } }],
      });
      own.checkout.expire(session.id);
      await eventually(() => assert.equal(receiver.received.length, 3));
      assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
    });
  });
});

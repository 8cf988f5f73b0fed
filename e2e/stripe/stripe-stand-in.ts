/**
 * A local stand-in for Stripe, for tests and for trying payments without an account: enough of checkout
 * sessions, payment intents, charges, refunds, disputes and events, behind the library's own `host` option; a
 * page that pays; webhooks signed and delivered as Stripe does, and in the ways that go wrong.
 */
import { timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { parse as parseForm } from "qs";
import { type ApiRoute, apiRoutes, type Parameters } from "./api.ts";
import { Checkout } from "./checkout.ts";
import { IdempotentReplies } from "./idempotent-replies.ts";
import { messagePage, type PayAction, payPage } from "./pay-page.ts";
import { Reversals } from "./reversals.ts";
import { StripeApiError } from "./stripe-error.ts";
import { newId, StripeRecords } from "./stripe-records.ts";
import { AutomaticDelivery, type WebhookEndpoint } from "./webhooks.ts";

export interface StandInOptions {
  /** The one key that it takes. */
  readonly secretKey: string;
  /** Where events are delivered by themselves; without it a test delivers them. */
  readonly webhook?: WebhookEndpoint;
  readonly host?: string;
  /** Default any free one. */
  readonly port?: number;
}

/** A running stand-in. */
export interface StripeStandIn {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly records: StripeRecords;
  readonly checkout: Checkout;
  readonly reversals: Reversals;
  /** The next so many calls of the API are answered 500 after their effect, as if the answer were lost. */
  failNext(calls: number): void;
  close(): Promise<void>;
}

const formLimits = { depth: 6, arrayLimit: 100, parameterLimit: 1_000 };
const bodyLimitBytes = 65_536;

export async function startStripeStandIn(options: StandInOptions): Promise<StripeStandIn> {
  const { host = "127.0.0.1", port = 0, secretKey, webhook } = options;
  const records = new StripeRecords();
  const checkout = new Checkout(records, () => url);
  const reversals = new Reversals(records);
  const faults = { remaining: 0 };
  const delivery = webhook && new AutomaticDelivery(webhook);
  if (delivery !== undefined) records.onEvent((event) => delivery.enqueue(event));

  const server = fastify({ bodyLimit: bodyLimitBytes, forceCloseConnections: true });
  server.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, body),
  );
  server.setErrorHandler(answerError);
  addApi(server, apiRoutes(records, checkout, reversals), secretKey, faults);
  addPayPage(server, records, checkout);
  await server.listen({ host, port });
  const address = server.server.address() as AddressInfo;
  const url = `http://${host}:${address.port}`;
  return {
    host,
    port: address.port,
    url,
    records,
    checkout,
    reversals,
    failNext: (calls) => {
      faults.remaining = calls;
    },
    close: async () => {
      await delivery?.stop();
      await server.close();
    },
  };
}

function addApi(
  server: FastifyInstance,
  routes: readonly ApiRoute[],
  secretKey: string,
  faults: { remaining: number },
): void {
  const replies = new IdempotentReplies();
  for (const { method, path, answer } of routes) {
    server.route({
      method,
      url: path,
      handler: async (request, reply) => {
        requireKey(request, secretKey);
        const { id = "" } = request.params as { id?: string };
        const form = typeof request.body === "string" ? request.body : "";
        const query = request.url.split("?")[1] ?? "";
        const parameters = parseForm(method === "POST" ? form : query, formLimits) as Parameters;
        const result = replies.answer(idempotencyKeyOf(request), `${method} ${request.url} ${form}`, () =>
          attempt(() => answer(id, parameters)),
        );
        reply.header("request-id", newId("req"));
        if (result.replayed) reply.header("idempotent-replayed", "true");
        if (faults.remaining > 0) {
          faults.remaining--;
          throw new StripeApiError(500, "An unknown error occurred.", { type: "api_error" });
        }
        return reply.code(result.status).send(result.body);
      },
    });
  }
}

/** Refusals are answers too: Stripe repeats them for the same key. */
function attempt(answer: () => unknown): { status: number; body: unknown } {
  try {
    return { status: 200, body: structuredClone(answer()) };
  } catch (error) {
    if (!(error instanceof StripeApiError)) throw error;
    return { status: error.status, body: error.body() };
  }
}

function addPayPage(server: FastifyInstance, records: StripeRecords, checkout: Checkout): void {
  const html = (reply: FastifyReply, text: string) => reply.type("text/html; charset=utf-8").send(text);
  const actions: Record<PayAction, (id: string) => string | null> = {
    pay: (id) => checkout.pay(id).success_url,
    "pay-later": (id) => checkout.payLater(id).success_url,
    decline: (id) => {
      checkout.decline(id);
      return `/pay/${id}`;
    },
    cancel: (id) => records.sessions.get(id).cancel_url,
  };
  server.get<{ Params: { id: string } }>("/pay/:id", async ({ params }, reply) =>
    html(reply, payPage(records.sessions.get(params.id))),
  );
  server.post<{ Params: { id: string }; Body: string }>("/pay/:id", async ({ params, body }, reply) => {
    const action = new URLSearchParams(body).get("action") as PayAction;
    const target = actions[action]?.(params.id);
    if (target === undefined) throw new StripeApiError(400, "There is no such action.");
    if (target === null) return html(reply, messagePage("The checkout was left; nothing was paid."));
    return reply.redirect(target.replace("{CHECKOUT_SESSION_ID}", params.id), 303);
  });
}

function requireKey(request: FastifyRequest, secretKey: string): void {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${secretKey}`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new StripeApiError(401, "Invalid API Key provided.", { type: "invalid_request_error" });
}

function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers["idempotency-key"];
  return Array.isArray(key) ? key[0] : key;
}

function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known =
    error instanceof StripeApiError ? error : new StripeApiError(500, String(error), { type: "api_error" });
  return reply.code(known.status).send(known.body());
}

import assert from "node:assert/strict";
import { createConnectTransport } from "@connectrpc/connect-node";
import { withHeaders } from "#platform/testing/with-headers.ts";
import { accountScopes } from "../../services/admin/domain/access/grantable-scopes.ts";
import { clientsWith, openGrpcTransports, refusalOf } from "../testing/services.ts";
import { smallestRequest } from "../testing/smallest-request.ts";
import type { TestStack } from "../testing/test-stack.ts";
import { callOnce } from "./call-ways.ts";
import { allMethods, firstAnswer } from "./credential-walk.ts";
import type { ForgedToken } from "./forged-tokens.ts";
import { inBatches } from "./in-batches.ts";
import { assertNothingLeaks } from "./leaks.ts";

/** What a page or a stranger sends to the relay, and the reasons of the refusals that fit. */
export interface Visitor {
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly reason: RegExp;
}

/** Tries to get past the gate of every method where Admin passes on what pages call; gives how many were refused. */
export async function walkRelay(
  stack: TestStack,
  visitors: readonly Visitor[],
  oneOf: number,
): Promise<number> {
  const attempts = allMethods.flatMap((method, row) =>
    visitors.filter((_, column) => (row + column) % oneOf === 0).map((visitor) => ({ method, ...visitor })),
  );
  const baseUrl = `${stack.url("adminHttp")}/rpc`;
  await inBatches(attempts, async ({ method, what, headers, reason }) => {
    const transport = createConnectTransport({
      baseUrl,
      httpVersion: "1.1",
      interceptors: [withHeaders(headers)],
    });
    const request = smallestRequest(method.input);
    const refusal = await firstAnswer(() => refusalOf(callOnce(transport, method, request, 120_000)));
    const where = `${method.name} through the relay to ${what}`;
    assert.ok(refusal, `${where}: it was answered`);
    assert.match(refusal.info?.reason ?? "", reason, `${where}: ${refusal.error.message}`);
    assertNothingLeaks(refusal.error.message, "", where);
  });
  return attempts.length;
}

/** Those who must not get in; one of them is a customer, for whom an account is made. */
export async function relayVisitors(stack: TestStack, forged: readonly ForgedToken[]): Promise<Visitor[]> {
  const key = { "x-admin-key": stack.environment.ADMIN_KEY ?? "" };
  const operator = await signIn(stack, { headers: key });
  const customer = await signIn(stack, {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ link: await customerLink(stack) }),
  });
  const [aForgery] = forged;
  const noSession = /^SESSION_EXPIRED$/;
  const noPage = /^CSRF_HEADER_MISSING$/;
  return [
    { what: "nobody", headers: {}, reason: noSession },
    { what: "the holder of a good token", headers: bearer(await stack.token()), reason: noSession },
    { what: "the holder of a forged token", headers: bearer(aForgery?.token ?? ""), reason: noSession },
    { what: "the holder of the admin key", headers: key, reason: noSession },
    {
      what: "a made-up session",
      headers: { ...operator, cookie: `holdfast_session=${"x".repeat(43)}` },
      reason: noSession,
    },
    { what: "a session without the header", headers: { cookie: operator.cookie }, reason: noPage },
    { what: "another session's header", headers: { ...operator, ...headerOf(customer) }, reason: noPage },
    {
      what: "a page of another port",
      headers: { ...operator, origin: "http://127.0.0.1:1" },
      reason: noPage,
    },
    {
      what: "a page of another site",
      headers: { ...operator, "sec-fetch-site": "cross-site" },
      reason: noPage,
    },
    {
      what: "the customer of another account",
      headers: customer,
      reason: /^(ACCOUNT_NOT_PERMITTED|SCOPE_MISSING|[A-Z]+_NOT_FOUND)$/,
    },
  ];
}

/** What a page sends with each call after it signed in. */
type Page = Readonly<Record<"cookie" | "x-csrf-token", string>>;

async function signIn(stack: TestStack, init: RequestInit): Promise<Page> {
  const response = await fetch(`${stack.url("adminHttp")}/session`, { method: "POST", ...init });
  assert.equal(response.status, 200, await response.clone().text());
  const { csrfToken } = (await response.json()) as { csrfToken: string };
  return { cookie: response.headers.get("set-cookie")?.split(";")[0] ?? "", "x-csrf-token": csrfToken };
}

const headerOf = (page: Page) => ({ "x-csrf-token": page["x-csrf-token"] });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The secret of a one-time link that has all the rights that a customer's link can have. */
async function customerLink(stack: TestStack): Promise<string> {
  const transports = openGrpcTransports(stack);
  try {
    const scopes = [...accountScopes];
    const { admin, core } = clientsWith(transports, await stack.token());
    const accountId = "customers-own";
    await core.createAccount({ accountId, currencyCode: "USD" });
    const asked = { subject: "customer", scopes, accountId, reason: "to see its balance", asLink: true };
    const { linkUrl } = await admin.issueToken(asked);
    return linkUrl.split("#link=")[1] ?? "";
  } finally {
    transports.close();
  }
}

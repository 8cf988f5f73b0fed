import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { eventually } from "#platform/testing/eventually.ts";
import { serviceNames } from "../../examples/third-party-dashboard/page/services.ts";
import { neededScopes } from "../../examples/third-party-dashboard/page/token.ts";
import { type PageServer, startPageServer } from "../../examples/third-party-dashboard/page-server.ts";
import { findFreePortOffset, resolvePorts } from "../../tools/local/ports.ts";
import { urlOf } from "../../tools/local/stack-environment.ts";
import { type Clients, clientsWith, type GrpcTransports, openGrpcTransports } from "../testing/services.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import { startBrowser } from "./browser.ts";
import { documentation, pictures, preparePictureFolders } from "./picture-folders.ts";
import {
  assertAccessible,
  assertFits,
  type Look,
  openPage,
  type WatchedPage,
  waitMs,
} from "./watched-page.ts";

let stack: TestStack;
let transports: GrpcTransports;
let clients: Clients;
let browser: Browser;
/** Named in the services' CORS_ORIGINS, and not named. */
let allowed: PageServer;
let stranger: PageServer;

before(async () => {
  const portOffset = await findFreePortOffset();
  const ports = resolvePorts(portOffset, {});
  const services = {
    core: urlOf(ports, "core"),
    pricing: urlOf(ports, "pricing"),
    exchange: urlOf(ports, "exchange"),
    monitoring: urlOf(ports, "monitoring"),
  };
  allowed = await startPageServer({ host: "127.0.0.1", port: 0, services });
  stranger = await startPageServer({ host: "127.0.0.1", port: 0, services });
  stack = await startTestStack({ CORS_ORIGINS: allowed.origin }, { portOffset });
  transports = openGrpcTransports(stack);
  clients = clientsWith(transports, await stack.token());
  browser = await startBrowser();
  await preparePictureFolders();
});

after(async () => {
  await browser?.close();
  transports?.close();
  await stack?.stop();
  for (const server of [allowed, stranger]) server?.close();
});

/** An account with money that has made some calls and makes one. */
async function openAccount(): Promise<string> {
  const accountId = `acme-${randomUUID().slice(0, 8)}`;
  const amount = { currencyCode: "USD", amount: "5" };
  await clients.core.createAccount({ accountId, currencyCode: "USD" });
  await clients.core.credit({
    accountId,
    amount,
    source: "admin",
    idempotencyKey: "credit",
    description: "Welcome",
  });
  for (const tokens of ["1187", "96000", "310000"]) await charge(accountId, tokens);
  await clients.core.reserve({
    accountId,
    price: { case: "amount", value: { money: { currencyCode: "USD", amount: "0.25" } } },
    idempotencyKey: "hold",
  });
  return accountId;
}

async function charge(accountId: string, inputTokens: string): Promise<void> {
  const quantities = { input_tokens: inputTokens, output_tokens: "342" };
  await clients.core.charge({
    accountId,
    price: { case: "usage", value: { usages: [{ priceId: "openai/gpt-4o", quantities }] } },
    description: `Conversation of ${inputTokens} tokens`,
    idempotencyKey: randomUUID(),
  });
}

const tokenFor = (account: string) => stack.token({ account, scopes: neededScopes });
const look: Look = { theme: "light", width: 1280 };

/** Opens the page by a link that brings the token. */
async function openBoard(
  accountId: string,
  { server = allowed, how = look }: { server?: PageServer; how?: Look } = {},
): Promise<WatchedPage> {
  const opened = await openPage(browser, server.origin, how);
  await opened.page.goto(`/#token=${await tokenFor(accountId)}`);
  await opened.page.getByRole("heading", { level: 1, name: accountId }).waitFor();
  return opened;
}

/** Every figure of the page. */
const figureIds = [
  "available",
  "spent",
  "reserved",
  "funded",
  "converted",
  "rate",
  "hour-spent",
  "hour-charges",
  "price-total",
  "price-lines",
] as const;

async function figuresOf(page: Page): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const id of figureIds) found[id] = (await page.locator(`#${id}`).textContent()) ?? "";
  found.movements = (await page.locator("#movement-rows").textContent()) ?? "";
  return found;
}

/** Waits until all cards show what the account has. */
async function waitUntilFilled(page: Page): Promise<void> {
  await page.locator("#hour-charges", { hasText: "3 charges" }).waitFor();
  for (const id of ["converted", "price-total", "available"])
    await page.locator(`#${id}:not(:text-is("–"))`).waitFor();
  await page.locator("#movement-rows tr").nth(3).waitFor();
  await page.locator("#balance .state[data-state=live]").waitFor();
  await waitUntilHourHasAll(page);
}

/** All that was spent was spent in the last hour; its sum may come a second after the number of charges. */
async function waitUntilHourHasAll(page: Page): Promise<void> {
  await eventually(async () => {
    const figures = await figuresOf(page);
    assert.equal(figures["hour-spent"], figures.spent);
  }, waitMs);
}

const contentTypes = {
  "gRPC-Web": ["application/grpc-web+proto"],
  Connect: ["application/connect+json", "application/json"],
} as const;

describe("a page of another origin", () => {
  test("shows the same figures over gRPC-Web, over Connect, and over both, from the services' own ports", async () => {
    const { page, complaints, context } = await openBoard(await openAccount());
    const spoken: Array<{ origin: string; type: string }> = [];
    page.on("request", (request) => {
      const type = request.headers()["content-type"];
      if (request.method() === "POST" && type !== undefined)
        spoken.push({ origin: new URL(request.url()).origin, type });
    });
    await waitUntilFilled(page);
    const expected = await figuresOf(page);
    assert.match(expected.available ?? "", /^3\.[0-9]+$/);
    assert.equal(expected.reserved, "0.25");
    assert.equal(expected["price-total"], "0.013");
    assert.match(expected.rate ?? "", /^1 USD = 0\.8\d+… EUR, ecb of /);

    for (const protocol of ["gRPC-Web", "Connect"] as const) {
      spoken.length = 0;
      await page
        .locator("#movement-rows")
        .evaluate((rows: { replaceChildren(): void }) => rows.replaceChildren());
      await page.getByRole("radio", { name: protocol, exact: true }).check({ force: true });
      await waitUntilFilled(page);
      assert.deepEqual(await figuresOf(page), expected, protocol);
      assert.deepEqual([...new Set(spoken.map(({ type }) => type))].sort(), contentTypes[protocol]);
      const origins = new Set(spoken.map(({ origin }) => origin));
      assert.deepEqual([...origins].sort(), serviceNames.map((name) => stack.url(name)).sort(), protocol);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  });

  for (const protocol of ["gRPC-Web", "Connect"] as const) {
    test(`shows a charge as it happens over ${protocol}, and goes on after Core was away`, async () => {
      const accountId = await openAccount();
      const { page, context } = await openBoard(accountId);
      await page.getByRole("radio", { name: protocol, exact: true }).check({ force: true });
      await waitUntilFilled(page);
      const before = await figuresOf(page);
      await charge(accountId, "4242");
      await page.locator("#movement-rows tr", { hasText: "Conversation of 4242 tokens" }).waitFor();
      await page.locator("#hour-charges", { hasText: "4 charges" }).waitFor();
      await waitUntilHourHasAll(page);
      const after = await figuresOf(page);
      for (const id of ["available", "spent", "hour-spent"]) assert.notEqual(after[id], before[id], id);

      if (protocol === "gRPC-Web") {
        await stack.kill("core");
        await page.locator("#balance .state[data-state=lost]").waitFor();
        await stack.restart("core");
        await charge(accountId, "5151");
        await page.locator("#movement-rows tr", { hasText: "Conversation of 5151 tokens" }).waitFor();
        await page.locator("#balance .state[data-state=live]").waitFor();
        assert.equal(await page.locator("#balance .problem").isVisible(), false);
      }
      await context.close();
    });
  }

  test("gets nothing where the services do not name its origin, and says what to do", async () => {
    const { page, context } = await openBoard(await openAccount(), { server: stranger });
    for (const card of ["balance", "price", "spend"]) {
      const problem = page.locator(`#${card} .problem`);
      await problem.waitFor();
      assert.match(
        (await problem.textContent()) ?? "",
        new RegExp(`CORS_ORIGINS does not name ${stranger.origin}`),
      );
    }
    assert.equal(await page.locator("#available").textContent(), "–");
    await context.close();
  });

  test("takes no token that is good for more than the page needs, and sends it nowhere", async () => {
    const { page, context, complaints } = await openPage(browser, allowed.origin, look);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    const account = "acme";
    const scopes = [...neededScopes];
    const refusals = [
      [await stack.token({ scopes }), /good for every account/],
      [await stack.token({ account, scopes: [...scopes, "core.charge"] }), /may do more .*: core\.charge/],
      [await stack.token({ account, scopes, ttlSeconds: 86_400 }), /longer than an hour/],
      [await stack.token({ account, scopes, ttlSeconds: -60 }), /expired/],
      [await stack.token({ account, scopes: ["core.read"] }), /lacks pricing\.calculate/],
      ["nonsense", /no token/],
    ] as const;
    await page.goto("/");
    for (const [token, expected] of refusals) {
      await page.getByLabel("Token", { exact: true }).fill(token);
      await page.getByRole("button", { name: "Show my spend" }).click();
      await page.getByRole("alert").filter({ hasText: expected }).waitFor();
    }
    assert.deepEqual([...new Set(asked)], [allowed.origin]);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test("asks for another token when the services no longer take its own", async () => {
    const accountId = await openAccount();
    const { page, context } = await openPage(browser, allowed.origin, look);
    const forged = `${(await tokenFor(accountId)).slice(0, -4)}AAAA`;
    await page.goto("/");
    await page.getByLabel("Token", { exact: true }).fill(forged);
    await page.getByRole("button", { name: "Show my spend" }).click();
    await page.getByRole("alert").filter({ hasText: "no longer taken" }).waitFor();
    assert.equal(await page.getByLabel("Token", { exact: true }).inputValue(), "");
    await context.close();
  });

  const looks: readonly Look[] = [
    { theme: "light", width: 1280 },
    { theme: "dark", width: 375 },
  ];
  for (const how of looks) {
    const name = `${how.theme}-${how.width}`;
    test(`is fit for everybody in ${how.theme} at ${how.width} px and complains of nothing`, async () => {
      const accountId = await openAccount();
      const { page, context, complaints } = await openBoard(accountId, { how });
      await waitUntilFilled(page);
      await page.evaluate("document.fonts.ready.then(() => undefined)");
      await assertAccessible(page);
      await assertFits(page);
      await page.screenshot({ path: join(pictures, `third-party-${name}.png`), fullPage: true });
      if (process.env.WRITE_SCREENSHOTS && name === "light-1280")
        await page.screenshot({ path: join(documentation, `third-party-${name}.png`), fullPage: true });
      await page.getByRole("button", { name: "Leave" }).click();
      await page.getByLabel("Token", { exact: true }).waitFor();
      assert.equal(new URL(page.url()).hash, "");
      await assertAccessible(page);
      await assertFits(page);
      await page.screenshot({ path: join(pictures, `third-party-entrance-${name}.png`), fullPage: true });
      await eventually(() => assert.deepEqual(complaints, []), waitMs);
      await context.close();
    });
  }
});

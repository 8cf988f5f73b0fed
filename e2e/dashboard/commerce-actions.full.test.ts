import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { AdminRole } from "#gen/billing/admin/v1/admin_key_pb.ts";
import { AuditResult } from "#gen/billing/admin/v1/audit_pb.ts";
import { HeldRateState } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { ImportState } from "#gen/billing/pricing/v1/price_import_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { type DashboardStack, startDashboardStack } from "./dashboard-stack.ts";
import { seedHeldRates } from "./seed-exchange.ts";
import { createListSource, readList } from "./seed-pricing.ts";
import { openPage, signIn, waitUntilShown } from "./watched-page.ts";

let stack: DashboardStack;
const patientMs = 60_000;

before(async () => {
  stack = await startDashboardStack();
});

after(() => stack?.stop());

/** A page of somebody who has signed in. */
async function pageOf(adminKey: string): Promise<Page> {
  const { page } = await openPage(stack.browser, stack.baseURL, { theme: "light", width: 1280 });
  await signIn(page, adminKey);
  return page;
}

/** Goes through the open dialog: the reason, the effect, the confirmation. @returns the text of the effect. */
async function carryOut(page: Page, confirmLabel: string, reason: string): Promise<string> {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill(reason);
  await dialog.getByRole("button", { name: "Review the effect" }).click();
  const confirm = dialog.getByRole("button", { name: confirmLabel, exact: true });
  await confirm.waitFor();
  const effect = (await dialog.locator(".action-effect").textContent()) ?? "";
  await confirm.click();
  await dialog.getByText("Done", { exact: true }).waitFor();
  const link = await dialog.getByRole("link", { name: "Entry in the audit log" }).getAttribute("href");
  await assertAudited(new URLSearchParams(link?.split("?")[1]).get("request") ?? "", reason);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  return effect;
}

/** Fails unless the audit log has the request, with its reason. */
async function assertAudited(requestId: string, reason: string): Promise<void> {
  await eventually(async () => {
    const { entries } = await stack.clients.admin.listAuditLog({ requestId });
    const told = entries.map((entry) => [entry.result, entry.reason]);
    assert.ok(
      told.some(([result, why]) => result === AuditResult.SUCCEEDED && why === reason),
      JSON.stringify(told),
    );
  }, patientMs);
}

describe("an operator", () => {
  let page: Page;
  before(async () => {
    page = await pageOf(stack.adminKey);
  });
  after(() => page?.context().close());

  test("pays a payment back in part after seeing what it does to the balance", async () => {
    const { paymentId } = stack.ids;
    await page.goto(`/payments/${paymentId}`);
    await page.getByRole("button", { name: "Refund" }).click();
    await page.getByRole("textbox", { name: "Amount" }).fill("10");
    const effect = await carryOut(page, "Refund", "Agreed on the phone");
    assert.match(effect, /Goes back to the payer10\.00 EUR/);
    await eventually(async () => {
      const { payment } = await stack.clients.admin.getPayment({ paymentId });
      assert.deepEqual([payment?.refundedAmount?.amount, payment?.reversedAmount?.amount], ["52.5", "52.5"]);
    }, patientMs);
  });

  test("finds a payment that never arrived, and repairs it", async () => {
    await page.goto("/payments?tab=reconciliation&q=northwind-labs");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText("it is paid and not credited").first().waitFor();
    await page.getByRole("button", { name: "Repair" }).click();
    await carryOut(page, "Repair", "The webhook was down");
    await page.getByRole("button", { name: "Compare again" }).click();
    await page.getByText("Stripe and the ledger agree").waitFor();
  });

  test("approves an import, what is suspicious only when asked to", async () => {
    const { importId } = stack.ids;
    await page.goto(`/pricing/imports/${importId}`);
    await page.getByRole("button", { name: "Approve" }).click();
    const effect = await carryOut(page, "Approve", "Agreed with the reseller");
    assert.match(effect, /Left, since suspicious/);
    const { import: left } = await stack.clients.pricing.getImport({ importId });
    assert.equal(left?.state, ImportState.PARTIALLY_APPLIED);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByLabel("Approve suspicious ones too").check();
    await carryOut(page, "Approve", "Suspicious ones are right too");
    const { import: whole } = await stack.clients.pricing.getImport({ importId });
    assert.equal(whole?.state, ImportState.APPLIED);
  });

  test("turns an import down, and rolls another back", async () => {
    const { pricing } = stack.clients;
    const sourceId = "second-list";
    await createListSource(pricing, sourceId, "A second list");
    const turnedDown = await readList(pricing, sourceId, { "zeta-one": { input_cost_per_token: 1e-6 } });
    await page.goto(`/pricing/imports/${turnedDown}`);
    await page.getByRole("button", { name: "Reject" }).click();
    assert.match(await carryOut(page, "Reject", "Not our prices"), /Turned down1/);
    assert.equal((await pricing.getImport({ importId: turnedDown })).import?.state, ImportState.REJECTED);

    const applied = await readList(pricing, sourceId, { "zeta-two": { input_cost_per_token: 1e-6 } });
    await pricing.applyImport({
      importId: applied,
      selection: { case: "all", value: {} },
      approveHeld: true,
      comment: "Too early",
    });
    await page.goto(`/pricing/imports/${applied}`);
    await page.getByRole("button", { name: "Roll back" }).click();
    assert.match(await carryOut(page, "Roll back", "It was too early"), /Brought back1/);
    assert.equal((await pricing.getImport({ importId: applied })).import?.state, ImportState.ROLLED_BACK);
  });

  test("archives a price", async () => {
    const { priceId } = stack.ids;
    await page.goto(`/pricing/prices/${encodeURIComponent(priceId)}`);
    await page.getByRole("button", { name: "Archive" }).click();
    assert.match(await carryOut(page, "Archive", "Nobody offers it any more"), /In use.*Archived/);
    assert.ok((await stack.clients.pricing.getPrice({ priceId })).price?.archivedAt);
  });

  test("lets a held rate come into force, and turns another down", async () => {
    await seedHeldRates(stack);
    await page.goto("/exchange?tab=held");
    const rowOf = (pair: string) => page.getByRole("row").filter({ hasText: pair });
    await rowOf("EUR to ISK").getByRole("button", { name: "Approve" }).click();
    assert.match(await carryOut(page, "Approve", "The bank confirms it"), /143\.2.*268\.5/);
    await rowOf("EUR to NOK").getByRole("button", { name: "Reject" }).click();
    assert.match(await carryOut(page, "Reject", "A slip of the provider"), /11\.61.*11\.61/);
    await page.getByText("Nothing of this kind").waitFor();
    for (const [state, quote] of [
      [HeldRateState.APPROVED, "ISK"],
      [HeldRateState.REJECTED, "NOK"],
    ] as const) {
      const { heldRates } = await stack.clients.exchange.listHeldRates({ state });
      assert.deepEqual(
        heldRates.map(({ published }) => published?.quoteCurrency),
        [quote],
      );
    }
  });

  test("sets a rate by hand, and clears it", async () => {
    const rateNow = async () => {
      const { rate } = await stack.clients.exchange.getRate({ fromCurrency: "USD", toCurrency: "SEK" });
      return [rate?.rate?.provider, rate?.rate?.rate];
    };
    await page.goto("/exchange/USD/SEK");
    await page.getByRole("button", { name: "Set a rate" }).click();
    await page.getByLabel("SEK for 1 USD").fill("9.75");
    await page.getByLabel("Set it even if it jumps").check();
    await carryOut(page, "Set the rate", "The provider is wrong");
    assert.deepEqual(await rateNow(), ["manual", "9.75"]);
    await page.getByRole("button", { name: "Clear the manual rate" }).click();
    await carryOut(page, "Clear it", "The provider is right again");
    assert.notEqual((await rateNow())[0], "manual");
  });
});

describe("a viewer", () => {
  const offers: ReadonlyArray<[what: string, path: (ids: DashboardStack["ids"]) => string, button: RegExp]> =
    [
      ["refund", ({ paymentId }) => `/payments/${paymentId}`, /Refund|Replay/],
      ["comparison", () => "/payments?tab=reconciliation", /Compare|Repair/],
      [
        "decision about an import",
        ({ importId }) => `/pricing/imports/${importId}`,
        /Approve|Reject|Roll back/,
      ],
      ["reading of a list", () => "/pricing?tab=sources", /^Read .+ now$/],
      ["manual rate", () => "/exchange/USD/CHF", /Set a rate|Clear/],
    ];
  let page: Page;
  before(async () => {
    const { secret } = await stack.clients.admin.createAdminKey({
      name: "Reader",
      role: AdminRole.VIEWER,
      reason: "Reads the dashboard",
    });
    page = await pageOf(secret);
  });
  after(() => page?.context().close());

  for (const [what, path, button] of offers) {
    test(`is offered no ${what}`, async () => {
      await page.goto(path(stack.ids));
      await waitUntilShown(page);
      assert.equal(await page.getByRole("main").getByRole("button", { name: button }).count(), 0);
    });
  }
});

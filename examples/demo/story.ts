import { randomUUID } from "node:crypto";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { AmountDerivation } from "#gen/billing/core/v1/reservation_pb.ts";
import { DerivationCheck, type Transaction } from "#gen/billing/core/v1/transaction_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { signToken } from "#platform/access/token.ts";
import type { StackPorts } from "../../tools/local/ports.ts";
import { amountOf, heading, step } from "./print.ts";

/** The two services that the main job talks to. */
export interface DemoClients {
  readonly core: Client<typeof BillingCoreService>;
  readonly pricing: Client<typeof PricingService>;
}

const model = "openai/gpt-4o";
const estimated = { input_tokens: "1200", output_tokens: "1000" };
const actual = { input_tokens: "1187", output_tokens: "342" };

/** gRPC clients on the public ports, with a token as a gateway would have it. */
export async function createClients(ports: StackPorts, signingSecret: Uint8Array): Promise<DemoClients> {
  const scopes = ["core.read", "core.charge", "core.fund", "core.manage", "pricing.calculate"];
  const { token } = await signToken(signingSecret, { subject: "demo", scopes, ttlSeconds: 600 });
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const transport = (port: number) =>
    createGrpcTransport({
      baseUrl: `http://127.0.0.1:${port}`,
      interceptors: [authorize],
      defaultTimeoutMs: 10_000,
    });
  return {
    core: createClient(BillingCoreService, transport(ports.core)),
    pricing: createClient(PricingService, transport(ports.pricing)),
  };
}

/** Top-up, price, hold, settlement, balance and explanation, for an account in one currency. */
export async function playMainJob(
  { core, pricing }: DemoClients,
  currencyCode: string,
  say: (line: string) => void,
): Promise<void> {
  const accountId = `demo-${currencyCode.toLowerCase()}-${randomUUID().slice(0, 8)}`;
  const key = (what: string) => `${what}-${randomUUID()}`;
  say(heading(`An account held in ${currencyCode}`));

  const { account } = await core.createAccount({ accountId, currencyCode });
  say(
    step(1, "CreateAccount", [
      ["account", accountId],
      ["currency", `${currencyCode}, ${account?.ledgerScale} digits in the ledger`],
    ]),
  );

  const credit = await core.credit({
    accountId,
    amount: { currencyCode, amount: "5" },
    source: "admin",
    idempotencyKey: key("credit"),
    description: "welcome",
  });
  say(
    step(2, "Credit", [
      ["amount", amountOf(credit.transaction?.amount)],
      ["available", amountOf(credit.balance?.available)],
    ]),
  );

  const { priced } = await pricing.calculatePrice({ usage: { priceId: model, quantities: estimated } });
  say(
    step(3, `CalculatePrice of ${model}, as estimated`, [
      ...(priced?.lineItems ?? []).map((line) => [line.meter || "adjustment", line.description] as const),
      ["total", `${priced?.exactTotal} ${priced?.currencyCode}, version ${priced?.priceVersion}`],
    ]),
  );

  const held = await core.reserve({
    accountId,
    idempotencyKey: key("reserve"),
    holdTtl: { seconds: 60n },
    price: { case: "usage", value: { usages: [{ priceId: model, quantities: estimated }] } },
  });
  say(
    step(4, "Reserve, before the call to the model", [
      ["held", amountOf(held.reservation?.remaining)],
      ["still available", amountOf(held.balance?.available)],
      ["price fixed", held.reservation?.lockedPrices[0]?.priceVersion ?? ""],
      ...rateFacts(held.reservation?.lockedRate),
    ]),
  );

  const settled = await core.commit({
    reservationId: held.reservation?.reservationId ?? "",
    idempotencyKey: key("commit"),
    price: { case: "usage", value: { usages: [{ priceId: model, quantities: actual }] } },
  });
  say(
    step(5, "Commit, after the call, with the tokens it really used", [
      ["taken", amountOf(settled.reservation?.captured)],
      [
        "given back",
        amountOf(
          settled.reservation?.reserved && {
            ...settled.reservation.reserved,
            amount: difference(settled.reservation.reserved.amount, settled.reservation.captured?.amount),
          },
        ),
      ],
    ]),
  );

  const { balance } = await core.getBalance({ accountId });
  say(
    step(6, "GetBalance", [
      ["available", amountOf(balance?.available)],
      ["reserved", amountOf(balance?.reserved)],
      ["spent", amountOf(balance?.spent)],
      ["entries", String(balance?.sequence)],
    ]),
  );

  const { transaction } = await core.getTransaction({
    transactionId: settled.transaction?.transactionId ?? "",
  });
  say(step(7, "GetTransaction: why this amount", explain(transaction)));
}

function explain(transaction: Transaction | undefined): Array<readonly [string, string]> {
  const { derivation } = transaction ?? {};
  const lines = derivation?.pricedUsages.flatMap(({ lineItems }) => lineItems) ?? [];
  return [
    ...lines.map((line) => [line.meter || "adjustment", line.description] as const),
    ["price", `${derivation?.sourceAmount?.amount} ${derivation?.sourceAmount?.currencyCode}`],
    ...rateFacts(derivation?.rate),
    ["exact", `${derivation?.exactAmount} ${derivation?.amount?.currencyCode}`],
    [
      "booked",
      `${amountOf(derivation?.amount)}, ${wasRounded(derivation) ? "rounded up, once" : "nothing to round"}`,
    ],
    [
      "derived anew",
      transaction?.derivationCheck === DerivationCheck.MATCHES ? "matches what was booked" : "DIFFERS",
    ],
  ];
}

function wasRounded(derivation: AmountDerivation | undefined): boolean {
  return derivation?.exactAmount !== derivation?.amount?.amount;
}

function rateFacts(rate: Rate | undefined): Array<readonly [string, string]> {
  if (rate === undefined) return [];
  const path = rate.steps
    .map(
      (each) =>
        `${each.inverted ? "÷" : "×"} ${each.publishedRate} (${each.baseCurrency}→${each.quoteCurrency}, ${each.provider})`,
    )
    .join(" ");
  const published =
    rate.publishedAt === undefined
      ? ""
      : ` of ${new Date(Number(rate.publishedAt.seconds) * 1_000).toISOString().slice(0, 10)}`;
  return [["rate", `${path}${published}${rate.bundled ? ", bundled with the software" : ""}`]];
}

/** left − right, exactly. */
function difference(left: string, right = "0"): string {
  return Decimal.parse(left).subtract(Decimal.parse(right)).toString();
}

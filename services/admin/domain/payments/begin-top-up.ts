import { createHash } from "node:crypto";
import { Decimal } from "#money/decimal.ts";
import { CommonError, invalidField } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import { AdminError } from "../admin-error.ts";
import { paymentOfSession } from "./merge-facts.ts";
import type { Payment } from "./payment.ts";
import { toMinorUnits } from "./payment-currency.ts";
import type { Amount, LedgerAccount, PaymentLedger } from "./payment-ledger.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { PaymentChanged, type PaymentRecords } from "./payment-records.ts";
import { requirePayable, requireReturnUrl, type TopUpRules } from "./top-up-rules.ts";

/** A top-up as it is asked for. */
export interface TopUpRequest {
  readonly accountId: string;
  readonly amount: Amount;
  readonly idempotencyKey: string;
  /** Empty for the configured pages. */
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly customerEmail: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A top-up that waits for its payer. */
export interface BegunTopUp {
  readonly payment: Payment;
  readonly checkoutUrl: string;
  readonly expiresAtMs: number;
  readonly isReplay: boolean;
}

export interface TopUpParts {
  readonly records: PaymentRecords;
  readonly ledger: PaymentLedger;
  readonly provider: PaymentProvider;
  readonly rules: TopUpRules;
}

/** Greatest number of atoms that a balance has at Billing Core. */
const mostAtoms = 2n ** 63n - 1n;
/** A page of Stripe's is open for a day unless asked otherwise. */
const pageLifetimeMs = 86_400_000;
const reservedNames: ReadonlySet<string> = new Set(["account_id", "top_up_id"]);

/**
 * Asks Stripe for a page to pay on, and notes the payment. Its id follows from account and key, and Stripe's own key
 * from that: a repeat at any point finds the same page.
 *
 * @throws AdminError TOP_UP_…, RETURN_URL_NOT_ALLOWED, STRIPE_…; CommonError IDEMPOTENCY_KEY_REUSED,
 *   REQUEST_INVALID; of Billing Core ACCOUNT_NOT_FOUND.
 */
export async function beginTopUp(parts: TopUpParts, request: TopUpRequest): Promise<BegunTopUp> {
  const { accountId } = request;
  const amount = Decimal.parse(request.amount.amount);
  const fingerprint = fingerprintOf({ ...request, amount: `${amount} ${request.amount.currencyCode}` });
  const paymentId = paymentIdOf(request);
  const known = await parts.records.read(paymentId);
  if (known !== undefined) return replay(known.payment, fingerprint);

  for (const name of Object.keys(request.metadata)) {
    if (name.startsWith("holdfast_") || reservedNames.has(name))
      throw invalidField(`metadata["${name}"]`, "is a name that Holdfast keeps for itself");
  }
  const { currencyCode } = request.amount;
  const currency = requirePayable(parts.rules, currencyCode, amount);
  const successUrl = requireReturnUrl(parts.rules, "success_url", request.successUrl);
  const cancelUrl = requireReturnUrl(parts.rules, "cancel_url", request.cancelUrl);
  await requireRoom(parts.ledger, await parts.ledger.account(accountId), {
    currencyCode,
    amount: `${amount}`,
  });
  const session = await parts.provider.createCheckout({
    mark: { accountId, paymentId },
    currency: currencyCode,
    amountMinor: toMinorUnits(currency, amount),
    successUrl,
    cancelUrl,
    customerEmail: request.customerEmail,
    metadata: request.metadata,
  });
  const expiresAtMs = session.expiresAtMs ?? session.createdAtMs + pageLifetimeMs;
  const payment: Payment = {
    ...paymentOfSession(session, paymentId, accountId, { atMs: session.createdAtMs }),
    checkout: { fingerprint, url: session.url ?? "", expiresAtMs },
  };
  return note(parts.records, payment, fingerprint);
}

/** The payer may have been faster than this note: then it is there already. */
async function note(records: PaymentRecords, payment: Payment, fingerprint: string): Promise<BegunTopUp> {
  const { checkout } = payment;
  const answer = { checkoutUrl: checkout!.url, expiresAtMs: checkout!.expiresAtMs, isReplay: false };
  try {
    return { ...answer, payment: (await records.save(0, payment)).payment };
  } catch (error) {
    if (!(error instanceof PaymentChanged)) throw error;
  }
  const known = await records.read(payment.paymentId);
  if (known === undefined) throw new Error(`payment ${payment.paymentId} came and went`);
  if (known.payment.checkout !== undefined) return replay(known.payment, fingerprint);
  const merged = { ...known.payment, checkout: checkout! };
  return { ...answer, payment: (await records.save(known.version, merged)).payment };
}

function replay(payment: Payment, fingerprint: string): BegunTopUp {
  const { checkout } = payment;
  if (checkout?.fingerprint !== fingerprint)
    throw new CommonError("IDEMPOTENCY_KEY_REUSED", "the idempotency key was used with another request");
  return { payment, checkoutUrl: checkout.url, expiresAtMs: checkout.expiresAtMs, isReplay: true };
}

/** Looks ahead whether the account can take the credit. */
async function requireRoom(ledger: PaymentLedger, account: LedgerAccount, amount: Amount): Promise<void> {
  if (account.isClosed) throw wouldNotFit(account, "ACCOUNT_CLOSED", "the account is closed");
  const credit =
    amount.currencyCode === account.currencyCode
      ? Decimal.parse(amount.amount)
      : await ledger.convert(amount, account.currencyCode).catch((error: unknown) => {
          throw isNoRate(error) ? noRate(amount.currencyCode, account.currencyCode, error) : error;
        });
  const after = account.posted.add(credit).toUnits(account.ledgerScale, "up");
  if (after > mostAtoms || credit.toUnits(account.ledgerScale, "up") > mostAtoms)
    throw wouldNotFit(account, "AMOUNT_OVERFLOW", "its balance would grow too large");
}

function isNoRate(error: unknown): boolean {
  return (
    error instanceof ServiceError &&
    ["CURRENCY_UNKNOWN", "RATE_UNAVAILABLE", "CURRENCY_INACTIVE"].includes(error.reason)
  );
}

function noRate(from: string, to: string, cause: unknown): AdminError {
  return new AdminError("TOP_UP_CURRENCY_NOT_SUPPORTED", `amount: ${from} does not convert to ${to}`, {
    metadata: { currency: from },
    fields: [{ field: "amount.currency_code", description: `does not convert to ${to}` }],
    cause,
  });
}

function wouldNotFit({ accountId }: LedgerAccount, cause: string, why: string): AdminError {
  return new AdminError("TOP_UP_WOULD_NOT_FIT", `the account could not take the credit: ${why}`, {
    metadata: { account_id: accountId, cause },
  });
}

/** Follows from account and key, so that it is the same whenever the request is repeated. */
function paymentIdOf({ accountId, idempotencyKey }: TopUpRequest): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([accountId, idempotencyKey]))
    .digest("hex");
  return `pay_${digest.slice(0, 32)}`;
}

function fingerprintOf(request: object): string {
  const sorted = (_: string, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value;
  return createHash("sha256").update(JSON.stringify(request, sorted)).digest("hex");
}

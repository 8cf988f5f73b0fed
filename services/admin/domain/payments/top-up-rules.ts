import { type Decimal, maxDecimal, minDecimal } from "#money/decimal.ts";
import { AdminError } from "../admin-error.ts";
import { findPaymentCurrency, type PaymentCurrency } from "./payment-currency.ts";

/** What top-ups may be, as configured. */
export interface TopUpRules {
  /** Where payers go if a request names no page. */
  readonly successUrl: string;
  readonly cancelUrl: string;
  /** Origins of pages that a request may name. */
  readonly returnOrigins: ReadonlySet<string>;
  /** Narrower bounds than Stripe's, by currency. */
  readonly bounds: ReadonlyMap<string, { readonly minimum: Decimal; readonly maximum: Decimal }>;
}

/** The currency, if an amount of it can be paid. @throws AdminError TOP_UP_… saying what does not fit. */
export function requirePayable(rules: TopUpRules, code: string, amount: Decimal): PaymentCurrency {
  const currency = findPaymentCurrency(code);
  if (currency === undefined)
    throw new AdminError("TOP_UP_CURRENCY_NOT_SUPPORTED", `amount: ${code} can't be paid by card`, {
      metadata: { currency: code },
      fields: [{ field: "amount.currency_code", description: "is no currency that Stripe takes" }],
    });
  const { payableDigits } = currency;
  if (!amount.round(payableDigits, "down").equals(amount)) {
    const description = `may have ${payableDigits} digits after the point in ${code}`;
    throw new AdminError("TOP_UP_AMOUNT_NOT_PAYABLE", `amount: ${description}`, {
      metadata: { digits: String(payableDigits), currency: code },
      fields: [{ field: "amount.amount", description }],
    });
  }
  requireWithinBounds(rules, currency, amount);
  return currency;
}

function requireWithinBounds(rules: TopUpRules, currency: PaymentCurrency, amount: Decimal): void {
  const own = rules.bounds.get(currency.code);
  const minimum = own ? maxDecimal(own.minimum, currency.minimum) : currency.minimum;
  const maximum = own ? minDecimal(own.maximum, currency.maximum) : currency.maximum;
  if (amount.compare(minimum) >= 0 && amount.compare(maximum) <= 0) return;
  const description = `must be from ${minimum} to ${maximum} ${currency.code}`;
  throw new AdminError("TOP_UP_AMOUNT_OUT_OF_BOUNDS", `amount: ${description}`, {
    metadata: { minimum: minimum.toString(), maximum: maximum.toString(), currency: currency.code },
    fields: [{ field: "amount.amount", description }],
  });
}

/** A page of the request, or the configured one. @throws AdminError RETURN_URL_NOT_ALLOWED. */
export function requireReturnUrl(
  rules: TopUpRules,
  field: "success_url" | "cancel_url",
  asked: string,
): string {
  if (asked === "") return field === "success_url" ? rules.successUrl : rules.cancelUrl;
  // Stripe puts the session's id in the place of this, which is no address by itself.
  const address = asked.replaceAll("{CHECKOUT_SESSION_ID}", "id");
  if (URL.canParse(address) && rules.returnOrigins.has(new URL(address).origin)) return asked;
  throw new AdminError("RETURN_URL_NOT_ALLOWED", `${field}: its origin is not on the allow-list`, {
    metadata: { field },
    fields: [{ field, description: "its origin is not configured as allowed" }],
  });
}

import { type Static, Type } from "typebox";
import { Decimal } from "#money/decimal.ts";
import { commonSettings, peerSettings, portSetting } from "#platform/config/common-settings.ts";
import { ConfigError, secret } from "#platform/config/load-config.ts";
import { trustedProxiesSetting } from "#platform/server/client-address.ts";
import type { TopUpRules } from "./domain/payments/top-up-rules.ts";

/** The settings of Admin, each an environment variable. */
export const adminSettings = Type.Object({
  ...commonSettings,
  ...peerSettings,
  ADMIN_PORT: portSetting("ADMIN_PORT"),
  ADMIN_HTTP_PORT: portSetting("ADMIN_HTTP_PORT"),
  ADMIN_KEY: Type.String({
    ...secret,
    minLength: 32,
    maxLength: 1_024,
    description: "The first admin key, sent as X-Admin-Key; at least 32 characters",
  }),
  ADMIN_ADJUSTMENT_LIMITS: Type.String({
    default: "",
    pattern:
      "^((([A-Z][A-Z0-9_]{1,15}|[*])=[0-9]{1,18}([.][0-9]{1,9})?)(,([A-Z][A-Z0-9_]{1,15}|[*])=[0-9]{1,18}([.][0-9]{1,9})?)*)?$",
    description:
      "Amounts above which a correction of a balance needs a second key, as in USD=1000,EUR=900,*=0; * means every other currency; what is not named needs none",
  }),
  AUDIT_KEY: Type.Optional(
    Type.String({
      ...secret,
      minLength: 32,
      maxLength: 1_024,
      description:
        "Secret that the audit log's HMAC key is derived from; at least 32 characters; by default ADMIN_KEY",
    }),
  ),
  AUDIT_KEYS_PREVIOUS: Type.Optional(
    Type.String({
      ...secret,
      minLength: 32,
      maxLength: 16_384,
      pattern: "^[^,]{32,1024}(,[^,]{32,1024}){0,15}$",
      description:
        "Secrets that earlier entries of the audit log were sealed with, separated by commas; at most 16",
    }),
  ),
  ADMIN_REQUESTS_PER_MINUTE: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 1_200,
    description: "Requests over HTTP JSON that one address may make in a minute",
  }),
  ADMIN_SIGN_INS_PER_MINUTE: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 10,
    description: "Attempts to sign in that one address may make in a minute",
  }),
  TRUSTED_PROXIES: trustedProxiesSetting,
  ADMIN_PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: "^https?://[^/?#@]+$",
      description: "Base URL at which browsers reach Admin's HTTP port; by default this machine",
    }),
  ),
  STRIPE_SECRET_KEY: Type.Optional(
    Type.String({
      ...secret,
      minLength: 16,
      maxLength: 1_024,
      description: "Secret key of the Stripe account; unset switches payments off",
    }),
  ),
  STRIPE_WEBHOOK_SECRET: Type.Optional(
    Type.String({
      ...secret,
      minLength: 16,
      maxLength: 4_096,
      description:
        "Signing secret of Stripe's webhook, several separated by commas while they change over; goes with STRIPE_SECRET_KEY",
    }),
  ),
  STRIPE_API_URL: Type.Optional(
    Type.String({
      pattern: "^https?://[^/?#@]+$",
      description: "Base URL of Stripe's API, for a stand-in; by default Stripe's own",
    }),
  ),
  STRIPE_RECONCILE_SECONDS: Type.Integer({
    minimum: 5,
    maximum: 86_400,
    default: 600,
    description: "How often Admin compares payments with Stripe and repairs what differs, in seconds",
  }),
  TOP_UP_SUCCESS_URL: Type.Optional(
    Type.String({
      pattern: "^https?://[^\\s/?#@]+([/?#][^\\s]*)?$",
      maxLength: 2_048,
      description: "Where payers go after paying if a request names no page; by default one of Admin's",
    }),
  ),
  TOP_UP_CANCEL_URL: Type.Optional(
    Type.String({
      pattern: "^https?://[^\\s/?#@]+([/?#][^\\s]*)?$",
      maxLength: 2_048,
      description: "Where payers go who do not pay if a request names no page; by default one of Admin's",
    }),
  ),
  TOP_UP_RETURN_ORIGINS: Type.String({
    default: "",
    maxLength: 4_096,
    description: "Origins that requests may name as success and cancel page, separated by commas",
  }),
  TOP_UP_BOUNDS: Type.String({
    default: "",
    maxLength: 4_096,
    description:
      "Least and greatest top-up by currency, as in USD=5..2000,EUR=5..2000; by default what Stripe takes",
  }),
});

export type AdminSettings = Static<typeof adminSettings>;

/** Base URL at which browsers reach Admin. */
export function publicUrl(settings: AdminSettings): string {
  return settings.ADMIN_PUBLIC_URL ?? `http://127.0.0.1:${settings.ADMIN_HTTP_PORT + settings.PORT_OFFSET}`;
}

/** The secrets of the audit log: the one for new entries, then the earlier ones. */
export function auditSecrets(settings: AdminSettings): readonly [string, ...string[]] {
  const earlier = settings.AUDIT_KEYS_PREVIOUS?.split(",") ?? [];
  return [settings.AUDIT_KEY ?? settings.ADMIN_KEY, ...earlier];
}

/** How Admin reaches Stripe. */
export interface StripeKeys {
  readonly secretKey: string;
  /** Any of them may have signed an event; one or more. */
  readonly webhookSecrets: readonly string[];
}

const shortestWebhookSecret = 16;
const mostWebhookSecrets = 8;

/**
 * The keys of Stripe, or undefined if it is switched off.
 *
 * @throws ConfigError if one is set without the other: paying would work and crediting would not; or if one of
 *   several secrets is empty or short: anybody could sign with it.
 */
export function stripeKeys(settings: AdminSettings): StripeKeys | undefined {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: secrets } = settings;
  if (secretKey === undefined && secrets === undefined) return undefined;
  if (secrets === undefined) throw lacking("STRIPE_WEBHOOK_SECRET", "STRIPE_SECRET_KEY");
  if (secretKey === undefined) throw lacking("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET");
  const webhookSecrets = secrets.split(",").map((secret) => secret.trim());
  if (webhookSecrets.some((secret) => secret.length < shortestWebhookSecret))
    throw new ConfigError([
      `STRIPE_WEBHOOK_SECRET: each secret must have at least ${shortestWebhookSecret} characters`,
    ]);
  if (webhookSecrets.length > mostWebhookSecrets)
    throw new ConfigError([`STRIPE_WEBHOOK_SECRET: at most ${mostWebhookSecrets} secrets`]);
  return { secretKey, webhookSecrets };
}

function lacking(missing: string, present: string): ConfigError {
  return new ConfigError([`${missing}: is required because ${present} is set; set both, or neither`]);
}

/**
 * What top-ups may be.
 *
 * @throws ConfigError for an origin that is none, or bounds that are not readable or contradict each other.
 */
export function topUpRules(settings: AdminSettings): TopUpRules {
  const own = publicUrl(settings);
  const successUrl = settings.TOP_UP_SUCCESS_URL ?? `${own}${returnPagePath}?session={CHECKOUT_SESSION_ID}`;
  const cancelUrl = settings.TOP_UP_CANCEL_URL ?? `${own}${returnPagePath}`;
  const origins = listOf(settings.TOP_UP_RETURN_ORIGINS).map(toOrigin);
  return {
    successUrl,
    cancelUrl,
    returnOrigins: new Set([...origins, ...[own, successUrl, cancelUrl].map((url) => new URL(url).origin)]),
    bounds: new Map(listOf(settings.TOP_UP_BOUNDS).map(toBounds)),
  };
}

/** Admin's own page for payers who come back. */
export const returnPagePath = "/top-up/return";

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function toOrigin(text: string): string {
  if (!URL.canParse(text) || new URL(text).origin !== text)
    throw new ConfigError([`TOP_UP_RETURN_ORIGINS: ${text} is not an origin such as https://shop.example`]);
  return text;
}

function toBounds(text: string): [currency: string, bounds: { minimum: Decimal; maximum: Decimal }] {
  const [, currency = "", least = "", greatest = ""] =
    /^([A-Z]{3})=([0-9.]+?)[.]{2}([0-9.]+)$/.exec(text) ?? [];
  const fault = (why: string) => new ConfigError([`TOP_UP_BOUNDS: ${text} ${why}`]);
  try {
    const bounds = { minimum: Decimal.parse(least), maximum: Decimal.parse(greatest) };
    if (bounds.minimum.compare(bounds.maximum) > 0) throw fault("has a least amount above the greatest");
    return [currency, bounds];
  } catch (error) {
    throw error instanceof ConfigError ? error : fault("is not of the form USD=5..2000");
  }
}

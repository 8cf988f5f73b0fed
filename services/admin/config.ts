import { type Static, Type } from "typebox";
import { commonSettings, peerSettings, portSetting } from "#platform/config/common-settings.ts";
import { ConfigError, secret } from "#platform/config/load-config.ts";

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
      maxLength: 1_024,
      description: "Signing secret of Stripe's webhook; goes with STRIPE_SECRET_KEY",
    }),
  ),
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
  readonly webhookSecret: string;
}

/**
 * The keys of Stripe, or undefined if it is switched off.
 *
 * @throws ConfigError if one is set without the other: paying would work and crediting would not.
 */
export function stripeKeys(settings: AdminSettings): StripeKeys | undefined {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = settings;
  if (secretKey === undefined && webhookSecret === undefined) return undefined;
  if (webhookSecret === undefined) throw lacking("STRIPE_WEBHOOK_SECRET", "STRIPE_SECRET_KEY");
  if (secretKey === undefined) throw lacking("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET");
  return { secretKey, webhookSecret };
}

function lacking(missing: string, present: string): ConfigError {
  return new ConfigError([`${missing}: is required because ${present} is set; set both, or neither`]);
}

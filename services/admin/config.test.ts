import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError, loadConfig } from "#platform/config/load-config.ts";
import { testSecret } from "#platform/testing/service.ts";
import { adminSettings, stripeKeys } from "./config.ts";

const adminKey = "kR7vN2pX9sB4mQ8wT1yC6zL3dF5gH0jA";
const secretKey = "sk_test_q8Zr2LbV5nT7";
const webhookSecret = "whsec_Yp4Kd9Wm1XsC6";
const good = { JWT_SECRET: testSecret, ADMIN_KEY: adminKey };

function load(environment: Record<string, string>) {
  const settings = loadConfig(adminSettings, environment);
  return { settings, stripe: stripeKeys(settings) };
}

describe("the configuration", () => {
  test("of Admin needs no Stripe", () => {
    const { settings, stripe } = load(good);
    assert.equal(stripe, undefined);
    assert.deepEqual([settings.ADMIN_PORT, settings.ADMIN_HTTP_PORT], [50_056, 50_057]);
  });

  test("takes both keys of Stripe", () => {
    const { stripe } = load({ ...good, STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret });
    assert.deepEqual(stripe, { secretKey, webhookSecrets: [webhookSecret] });
  });

  const refusals: Array<{ name: string; change: Record<string, string>; message: RegExp }> = [
    { name: "a short admin key", change: { ADMIN_KEY: adminKey.slice(1) }, message: /ADMIN_KEY: .*32/ },
    { name: "an empty admin key", change: { ADMIN_KEY: "" }, message: /ADMIN_KEY: is set but empty/ },
    {
      name: "a trivial admin key",
      change: { ADMIN_KEY: "change-me-change-me-change-me-change-me" },
      message: /ADMIN_KEY: is a well-known or trivial value/,
    },
    {
      name: "an empty Stripe key",
      change: { STRIPE_SECRET_KEY: "", STRIPE_WEBHOOK_SECRET: webhookSecret },
      message: /STRIPE_SECRET_KEY: is set but empty/,
    },
    {
      name: "a short Stripe key",
      change: { STRIPE_SECRET_KEY: "sk_test_short15", STRIPE_WEBHOOK_SECRET: webhookSecret },
      message: /STRIPE_SECRET_KEY: .*16/,
    },
    {
      name: "a short webhook secret",
      change: { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: "whsec_short" },
      message: /STRIPE_WEBHOOK_SECRET: .*16/,
    },
    {
      name: "a Stripe key alone",
      change: { STRIPE_SECRET_KEY: secretKey },
      message: /STRIPE_WEBHOOK_SECRET: is required because STRIPE_SECRET_KEY is set; set both, or neither/,
    },
    {
      name: "a webhook secret alone",
      change: { STRIPE_WEBHOOK_SECRET: webhookSecret },
      message: /STRIPE_SECRET_KEY: is required because STRIPE_WEBHOOK_SECRET is set; set both, or neither/,
    },
  ];
  for (const { name, change, message } of refusals) {
    test(`is refused with ${name}, without showing it`, () => {
      assert.throws(
        () => load({ ...good, ...change }),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, message);
          for (const value of Object.values(change).filter((text) => text !== ""))
            assert.ok(!error.message.includes(value), "no secret in a message");
          return true;
        },
      );
    });
  }

  test("is refused without an admin key", () => {
    assert.throws(() => load({ JWT_SECRET: testSecret }), /ADMIN_KEY: is required \(or ADMIN_KEY_FILE\)/);
  });
});

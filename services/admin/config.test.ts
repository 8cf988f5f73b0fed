import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError, loadConfig } from "#platform/config/load-config.ts";
import { testSecret } from "#platform/testing/service.ts";
import { adminSettings, stripeKeys, topUpRules } from "./config.ts";
import { requireReturnUrl } from "./domain/payments/top-up-rules.ts";

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

  test("takes several webhook secrets while they change over", () => {
    const second = "whsec_Lt7Qb3Nf8ZgU5a";
    const { stripe } = load({
      ...good,
      STRIPE_SECRET_KEY: secretKey,
      STRIPE_WEBHOOK_SECRET: `${webhookSecret}, ${second}`,
    });
    assert.deepEqual(stripe?.webhookSecrets, [webhookSecret, second]);
  });

  test("has pages of Admin's own for payers, and takes those of allowed origins", () => {
    const rules = topUpRules(
      load({
        ...good,
        TOP_UP_RETURN_ORIGINS: "https://shop.example, http://127.0.0.1:3000",
        TOP_UP_BOUNDS: "USD=5..2000,JPY=500..100000",
      }).settings,
    );
    assert.match(
      rules.successUrl,
      /^http:\/\/127\.0\.0\.1:50057\/top-up\/return\?session=\{CHECKOUT_SESSION_ID\}$/,
    );
    const allowed = ["https://shop.example", "http://127.0.0.1:3000", "http://127.0.0.1:50057"];
    assert.deepEqual([...rules.returnOrigins], allowed);
    assert.equal(rules.bounds.get("JPY")?.minimum.toString(), "500");
    const page = (url: string) => requireReturnUrl(rules, "success_url", url);
    assert.equal(
      page("https://shop.example/a?s={CHECKOUT_SESSION_ID}"),
      "https://shop.example/a?s={CHECKOUT_SESSION_ID}",
    );
    const foreign = [
      "https://shop.example.evil.example/",
      "http://shop.example/",
      "https://shop.example:444/",
      "https://a@evil.example/",
    ];
    for (const url of foreign) assert.throws(() => page(url), { reason: "RETURN_URL_NOT_ALLOWED" }, url);
  });

  const wrongRules: ReadonlyArray<[name: string, value: string]> = [
    ["TOP_UP_RETURN_ORIGINS", "https://shop.example/path"],
    ["TOP_UP_RETURN_ORIGINS", "shop.example"],
    ["TOP_UP_BOUNDS", "USD=5"],
    ["TOP_UP_BOUNDS", "USD=10..5"],
    ["TOP_UP_BOUNDS", "usd=1..5"],
  ];
  for (const [name, value] of wrongRules) {
    test(`is refused with ${name} ${value}`, () => {
      const { settings } = load({ ...good, [name]: value });
      assert.throws(
        () => topUpRules(settings),
        (error) => error instanceof ConfigError && error.message.includes(name),
      );
    });
  }

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
      name: "an empty one among several webhook secrets",
      change: { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: "whsec_Yp4Kd9Wm1XsC6z," },
      message: /STRIPE_WEBHOOK_SECRET: each secret must have at least 16/,
    },
    {
      name: "an empty webhook secret",
      change: { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: "" },
      message: /STRIPE_WEBHOOK_SECRET: is set but empty/,
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

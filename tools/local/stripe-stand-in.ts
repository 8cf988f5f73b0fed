/**
 * A stand-in for Stripe beside a development stack, so that a top-up can be tried without an account there.
 */
import { type StripeStandIn, startStripeStandIn } from "../../e2e/stripe/stripe-stand-in.ts";
import type { StackPorts } from "./ports.ts";
import { makeSecret } from "./secrets.ts";
import { urlOf } from "./stack-environment.ts";

/** The stand-in with what the services are told to use it. */
export interface DevelopmentStripe {
  readonly standIn: StripeStandIn | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

const settings = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"] as const;

/** Starts it on any free port, unless the environment names a real Stripe. What was paid there is gone with it. */
export async function startDevelopmentStripe(
  environment: NodeJS.ProcessEnv,
  ports: StackPorts,
): Promise<DevelopmentStripe> {
  const isConfigured = settings.some((name) => environment[name] || environment[`${name}_FILE`]);
  if (isConfigured) return { standIn: undefined, environment };
  const secretKey = `sk_test_${makeSecret()}`;
  const secret = `whsec_${makeSecret()}`;
  const webhook = { url: `${urlOf(ports, "adminHttp")}/webhook`, secret };
  const standIn = await startStripeStandIn({ secretKey, webhook });
  return {
    standIn,
    environment: {
      ...environment,
      STRIPE_SECRET_KEY: secretKey,
      STRIPE_WEBHOOK_SECRET: secret,
      STRIPE_API_URL: standIn.url,
      STRIPE_RECONCILE_SECONDS: environment.STRIPE_RECONCILE_SECONDS ?? "30",
    },
  };
}

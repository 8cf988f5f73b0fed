import { randomUUID } from "node:crypto";
import { type StripeStandIn, startStripeStandIn } from "../stripe/stripe-stand-in.ts";
import { AutomaticDelivery } from "../stripe/webhooks.ts";
import { type Clients, clientsWith, type GrpcTransports, openGrpcTransports } from "./services.ts";
import { startTestStack, type TestStack } from "./test-stack.ts";

/** The whole system with a stand-in for Stripe that delivers its events. */
export interface PaymentStack {
  readonly stack: TestStack;
  readonly stripe: StripeStandIn;
  readonly clients: Clients;
  readonly webhook: { readonly url: string; readonly secret: string };
  /** A second secret that signs as well, as while the first is changed. */
  readonly secondSecret: string;
  /** Whether events are delivered by themselves; true at first. */
  delivers: boolean;
  /** Opens an account and gives its id. */
  openAccount(currencyCode: string): Promise<string>;
  /** Begins a top-up and gives its payment and session. */
  beginTopUp(accountId: string, currencyCode: string, amount: string): Promise<TopUp>;
  availableOf(accountId: string): Promise<string>;
  stop(): Promise<void>;
}

export interface TopUp {
  readonly paymentId: string;
  readonly sessionId: string;
  readonly checkoutUrl: string;
}

const secretKey = "sk_test_q8Zr2LbV5nT7wY3mK9";
const webhookSecret = "whsec_Yp4Kd9Wm1XsC6hJ2vR";
const secondSecret = "whsec_Lt7Qb3Nf8ZgU5aE1oX";

export async function startPaymentStack(settings: NodeJS.ProcessEnv = {}): Promise<PaymentStack> {
  const stripe = await startStripeStandIn({ secretKey });
  const stack = await startTestStack({
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: `${webhookSecret}, ${secondSecret}`,
    STRIPE_API_URL: stripe.url,
    ...settings,
  }).catch(async (error: unknown) => {
    await stripe.close();
    throw error;
  });
  const transports: GrpcTransports = openGrpcTransports(stack);
  const clients = clientsWith(transports, await stack.token());
  const webhook = { url: `${stack.url("adminHttp")}/webhook`, secret: webhookSecret };
  const delivery = new AutomaticDelivery(webhook);
  const running: PaymentStack = {
    stack,
    stripe,
    clients,
    webhook,
    secondSecret,
    delivers: true,
    async openAccount(currencyCode) {
      const accountId = `payer-${randomUUID()}`;
      await clients.core.createAccount({ accountId, currencyCode });
      return accountId;
    },
    async beginTopUp(accountId, currencyCode, amount) {
      const { payment, checkoutUrl } = await clients.admin.createCheckoutSession({
        accountId,
        amount: { currencyCode, amount },
        idempotencyKey: randomUUID(),
      });
      return { paymentId: payment!.paymentId, sessionId: payment!.checkoutSessionId, checkoutUrl };
    },
    async availableOf(accountId) {
      const { balance } = await clients.core.getBalance({ accountId });
      return balance!.available!.amount;
    },
    async stop() {
      transports.close();
      await delivery.stop();
      await stack.stop();
      await stripe.close();
    },
  };
  stripe.records.onEvent((event) => {
    if (running.delivers) delivery.enqueue(event);
  });
  return running;
}

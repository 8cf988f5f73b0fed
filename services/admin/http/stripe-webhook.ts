import type { HttpPlugin } from "./http-plugin.ts";

/** Takes the bytes of an event and returns once it is durable. */
export type WebhookReceiver = (body: Buffer, signature: string | undefined) => Promise<void>;

/** Stripe's events are smaller; one object may be large. */
const bodyBytes = 512 << 10;

/**
 * `POST /webhook`. A plugin of its own, since a signature covers the bytes as they came: within it, and nowhere
 * else, bodies are not parsed. The answer 200 says that the event is kept, not that it had its effect; anything
 * else makes Stripe deliver it again.
 */
export function stripeWebhook(receive: WebhookReceiver): HttpPlugin {
  return {
    path: "/webhook",
    methods: ["POST"],
    // Stripe sends from few addresses and in bursts; what is not signed costs one hash.
    isUnlimited: true,
    register: async (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: bodyBytes }, (_request, body, done) =>
        done(null, body),
      );
      app.post("/webhook", { bodyLimit: bodyBytes }, async (request) => {
        const signature = request.headers["stripe-signature"];
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        await receive(body, Array.isArray(signature) ? undefined : signature);
        return { received: true };
      });
    },
  };
}

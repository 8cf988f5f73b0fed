import { returnPagePath } from "../config.ts";
import type { TopUpStanding } from "../domain/payments/look-up-top-up.ts";
import type { HttpPlugin } from "./http-plugin.ts";

/** Looks a session of ours up, and brings its payment up to date; undefined if it is none of ours. */
export type TopUpLookup = (sessionId: string) => Promise<TopUpStanding | undefined>;

const sessionForm = /^cs_[A-Za-z0-9_]{1,250}$/;

const texts: Readonly<Record<TopUpStanding["standing"], (amount: string) => [title: string, text: string]>> =
  {
    credited: (amount) => ["Thank you", `${amount} is in your balance.`],
    paid: (amount) => ["Thank you", `${amount} was paid and will be in your balance soon.`],
    processing: (amount) => ["Thank you", `Your payment of ${amount} is on its way; it may take some days.`],
    open: (amount) => ["Not paid yet", `The top-up of ${amount} is still open.`],
    ended: (amount) => ["Nothing was paid", `The top-up of ${amount} ended without a payment.`],
  };

/**
 * Where payers come back to if no other page is configured. The session's id, which nobody can guess, is all that it
 * takes to see how the top-up stands. `to=page` leads on to the customer's own page, where they came from.
 */
export function returnPage(lookUp: TopUpLookup | undefined): HttpPlugin {
  return {
    path: returnPagePath,
    methods: ["GET", "HEAD"],
    register: async (app) => {
      app.get<{ Querystring: { session?: string; to?: string } }>(
        returnPagePath,
        async ({ query }, reply) => {
          const { session, to } = query;
          const isId = typeof session === "string" && sessionForm.test(session);
          const found = isId && lookUp !== undefined ? await lookUp(session) : undefined;
          const [title, text] = found
            ? texts[found.standing](found.amount)
            : ["Top-up", "You can close this page."];
          return reply.type("text/html; charset=utf-8").send(page(title, text, to === "page"));
        },
      );
    },
  };
}

/** Both texts are ours, with amounts in them: nothing to escape. */
function page(title: string, text: string, leadsOn: boolean): string {
  const link = leadsOn ? `\n    <p><a href="/">Back to your balance</a></p>` : "";
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="no-referrer">
    <title>${title}</title>
    <style>
      :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
      body { max-width: 24rem; margin: 12vh auto; padding: 0 1rem; }
    </style>
  </head>
  <body>
    <h1>${title}</h1>
    <p>${text}</p>${link}
  </body>
</html>
`;
}

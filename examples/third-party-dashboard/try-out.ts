/**
 * `make third-party`: the page at an origin of its own, beside the stack of `make dev`, for an account that has
 * something to show. Prints a link with a token, and what to try.
 */
import { signToken } from "#platform/access/token.ts";
import { createHoldfast, HoldfastError } from "../../client/node.ts";
import { secretsPath } from "../../tools/local/data-folders.ts";
import { parsePortOffset, resolvePorts } from "../../tools/local/ports.ts";
import { ensureSecrets, loadSecrets } from "../../tools/local/secrets.ts";
import { urlOf } from "../../tools/local/stack-environment.ts";
import { readSigningSecret } from "../../tools/local/token.ts";
import { type ServiceUrls, serviceNames } from "./page/services.ts";
import { neededScopes } from "./page/token.ts";
import { startPageServer } from "./page-server.ts";

const { THIRD_PARTY_PORT = "8090" } = process.env;
const host = "127.0.0.1";
const origin = `http://${host}:${THIRD_PARTY_PORT}`;
const accountId = "third-party-demo";
const usd = (amount: string) => ({ currencyCode: "USD", amount });

ensureSecrets(secretsPath);
Object.assign(process.env, loadSecrets(secretsPath, process.env));
const ports = resolvePorts(parsePortOffset(process.env.PORT_OFFSET), process.env);
const services = Object.fromEntries(serviceNames.map((name) => [name, urlOf(ports, name)])) as ServiceUrls;

/** What is in the way of the page, in words; undefined if nothing is. */
async function findObstacle(): Promise<string | undefined> {
  for (const [name, url] of Object.entries(services)) {
    const headers = { Origin: origin, "Access-Control-Request-Method": "POST" };
    const answer = await fetch(url, { method: "OPTIONS", headers }).catch(() => undefined);
    if (answer === undefined) return `${name} does not answer at ${url}: this needs a running stack.`;
    if (answer.headers.get("access-control-allow-origin") !== origin)
      return `${name} answers no pages of ${origin}: its CORS_ORIGINS does not name it.`;
  }
  return undefined;
}

/** An account with money and a few charges; the same ones each time. */
async function fillAccount(): Promise<void> {
  const { core, close } = createHoldfast();
  try {
    await core.createAccount({ accountId, currencyCode: "USD" });
    await core.credit({ accountId, amount: usd("5"), source: "admin", idempotencyKey: "third-party-demo" });
    for (const [index, tokens] of ["1187", "8400", "23000"].entries()) {
      const usages = [
        { priceId: "openai/gpt-4o", quantities: { input_tokens: tokens, output_tokens: "342" } },
      ];
      await core.charge({
        accountId,
        price: { case: "usage", value: { usages } },
        description: `Conversation ${index + 1}`,
        idempotencyKey: `third-party-demo-${index}`,
      });
    }
  } finally {
    close();
  }
}

const obstacle = await findObstacle();
if (obstacle !== undefined) {
  const shift = process.env.PORT_OFFSET ? `PORT_OFFSET=${process.env.PORT_OFFSET} ` : "";
  console.error(`${obstacle}\nStart it so, in another terminal: ${shift}CORS_ORIGINS=${origin} make dev`);
  process.exit(1);
}
try {
  await fillAccount();
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.error(error.message);
  process.exit(1);
}
await startPageServer({ host, port: Number(THIRD_PARTY_PORT), services });
const { token } = await signToken(readSigningSecret(process.env), {
  subject: "dev:third-party",
  account: accountId,
  scopes: neededScopes,
  ttlSeconds: 900,
});
console.log(`
  The page at ${origin} calls the services' own ports from your browser:

    ${Object.entries(services)
      .map(([name, url]) => `${name.padEnd(11)} ${url}`)
      .join("\n    ")}

  Open it with a token that can read the account ${accountId}, for 15 minutes:

    ${origin}/#token=${token}

  Another token, to paste into the page once that one is over:

    make -s token ACCOUNT=${accountId} SCOPES=${neededScopes.join(",")} TTL=15m

  Watch it change, in another terminal:

    curl -s ${services.core}/billing.core.v1.BillingCoreService/Charge \\
      -H "Authorization: Bearer $(make -s token)" -H 'Content-Type: application/json' \\
      -d '{"accountId":"${accountId}","idempotencyKey":"'$RANDOM$RANDOM'","description":"Hello","usage":{"usages":
          [{"priceId":"openai/gpt-4o","quantities":{"input_tokens":"1200","output_tokens":"900"}}]}}'
`);

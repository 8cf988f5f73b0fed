import { readFileSync } from "node:fs";
import { type Addresses, type ServiceName, services } from "./services.ts";
import { signedTokens } from "./signed-tokens.ts";
import type { TokenSource } from "./token.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the services are by the environment, in the names that the services themselves read: `CORE_URL`,
 * `PRICING_URL`, `EXCHANGE_URL`, `MONITORING_URL` and `ADMIN_URL`; else this machine, at their ports shifted by
 * `PORT_OFFSET`.
 *
 * @throws RangeError if PORT_OFFSET is no whole number from 0 to 15,000.
 */
export function addressesFromEnvironment(environment: Environment): Addresses {
  const offset = Number(environment.PORT_OFFSET ?? 0);
  if (!(Number.isInteger(offset) && offset >= 0 && offset <= 15_000))
    throw new RangeError(`PORT_OFFSET is ${environment.PORT_OFFSET}; it must be a whole number to 15,000`);
  const urls = Object.entries(services).map(([name, { port }]) => [
    name,
    environment[`${name.toUpperCase()}_URL`] || `http://127.0.0.1:${port + offset}`,
  ]);
  return { urls: Object.fromEntries(urls) as Record<ServiceName, string> };
}

/**
 * The tokens by the environment: `HOLDFAST_TOKEN`, else short-lived ones signed with `JWT_SECRET` or the content
 * of the file `JWT_SECRET_FILE`.
 *
 * @throws TypeError if none is set.
 */
export function tokensFromEnvironment(environment: Environment): TokenSource {
  if (environment.HOLDFAST_TOKEN) return environment.HOLDFAST_TOKEN;
  const file = environment.JWT_SECRET_FILE;
  const secret = file ? readFileSync(file, "utf8").trim() : environment.JWT_SECRET;
  if (!secret)
    throw new TypeError(
      "no token: give the option token, or set HOLDFAST_TOKEN, JWT_SECRET or JWT_SECRET_FILE",
    );
  return signedTokens({ secret });
}

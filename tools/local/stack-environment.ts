/**
 * What the services of a local stack are told.
 */
import { type PortName, type StackPorts, serviceNames } from "./ports.ts";
import { makeSecret } from "./secrets.ts";

/** What differs from stack to stack. */
export interface StackPlan {
  /** The caller's environment; what it sets wins, except for the port offset and a Redis of the stack's own. */
  base: NodeJS.ProcessEnv;
  ports: StackPorts;
  portOffset: number;
  /** Folder for the services' files. */
  dataFolder: string;
  /** Password of the stack's own Redis; undefined if the environment names one. */
  redisPassword: string | undefined;
}

/** Ends a drain well before the launcher loses patience. */
const drainMs = 5_000;

/** Whether the environment names a Redis, so that the stack needs none of its own. */
export function namesRedis(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment.REDIS_URL) || Boolean(environment.REDIS_URL_FILE);
}

/** The environment of every service. Secrets that are nowhere set are made for this run. */
export function makeServiceEnvironment(plan: StackPlan): NodeJS.ProcessEnv {
  const { base, ports } = plan;
  const unset = ["JWT_SECRET", "ADMIN_KEY", "AUDIT_KEY", "CHANNEL_KEY"].filter(
    (name) => base[name] === undefined && base[`${name}_FILE`] === undefined,
  );
  return {
    EXCHANGE_ALLOW_BUNDLED: "true",
    PRICING_ALLOW_BUNDLED: "true",
    LOG_FORMAT: "pretty",
    SHUTDOWN_GRACE_MS: String(drainMs),
    DATA_DIR: plan.dataFolder,
    ...Object.fromEntries(unset.map((name) => [name, makeSecret()])),
    ...Object.fromEntries(serviceNames.map((name) => [`${name.toUpperCase()}_URL`, urlOf(ports, name)])),
    ...base,
    PORT_OFFSET: String(plan.portOffset),
    ...(plan.redisPassword === undefined
      ? {}
      : { REDIS_URL: `redis://:${encodeURIComponent(plan.redisPassword)}@127.0.0.1:${ports.redis}` }),
  };
}

/** Base URL of a door of the stack. */
export function urlOf(ports: StackPorts, door: PortName): string {
  return `http://127.0.0.1:${ports[door]}`;
}

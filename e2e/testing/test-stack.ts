import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signToken, type TokenClaims } from "#platform/access/token.ts";
import { patientRedisMs } from "#platform/testing/test-redis.ts";
import { findFreePortOffset, type PortName } from "../../tools/local/ports.ts";
import { type Stack, type StackOptions, startStack } from "../../tools/local/stack.ts";
import { knownScopes } from "../contract/rpc-list.ts";

/** The real system, started for one test file: five processes and a Redis of its own. */
export interface TestStack extends Omit<Stack, "stop"> {
  /** What the parts logged, each line with the name of its part. */
  readonly lines: readonly string[];
  /** Base URL of a door. */
  url(door: PortName): string;
  /** A token that the stack accepts; by default with every scope and for every account. */
  token(claims?: Partial<TokenClaims>): Promise<string>;
  /** Stops it and deletes its data. */
  stop(): Promise<void>;
}

/** How a stack differs from the usual one. */
export type TestStackOptions = Pick<StackOptions, "commands" | "portOffset" | "redisSettings">;

/** Starts the whole stack on free ports, with its data in a temporary folder and these settings besides its own. */
export async function startTestStack(
  settings: NodeJS.ProcessEnv = {},
  options: TestStackOptions = {},
): Promise<TestStack> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-e2e-"));
  const lines: string[] = [];
  try {
    const stack = await startStack({
      ...options,
      dataFolder: folder,
      portOffset: options.portOffset ?? (await findFreePortOffset()),
      // Rates that come with the software are the same everywhere; a test asks nobody outside.
      environment: {
        ...plainEnvironment(),
        EXCHANGE_REFRESH: "false",
        REDIS_TIMEOUT_MS: String(patientRedisMs),
        ...settings,
      },
      onLine: (part, line) => lines.push(`${part}: ${line}`),
    });
    return describe(stack, lines, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`the stack did not start; its last lines:\n${lines.slice(-100).join("\n")}`, {
      cause: error,
    });
  }
}

/**
 * Nothing of the developer's settings or secrets, only what finding programs needs, where compiled sources lie, and
 * whether the fast path is on: the suites run once without it.
 */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, REDIS_SERVER, FAST_PATH, NODE_COMPILE_CACHE } = process.env;
  const given = Object.entries({ REDIS_SERVER, FAST_PATH, NODE_COMPILE_CACHE }).filter(
    ([, value]) => value !== undefined,
  );
  return { PATH, HOME, ...Object.fromEntries(given) };
}

function describe(stack: Stack, lines: readonly string[], folder: string): TestStack {
  const secret = new TextEncoder().encode(stack.environment.JWT_SECRET);
  const stop = async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    ports: stack.ports,
    environment: stack.environment,
    waitUntilReady: (services) => stack.waitUntilReady(services),
    restart: (part) => stack.restart(part),
    kill: (part) => stack.kill(part),
    pidOf: (part) => stack.pidOf(part),
    killNow: () => stack.killNow(),
    lines,
    url: (door) => `http://127.0.0.1:${stack.ports[door]}`,
    async token(claims = {}) {
      const signed = await signToken(secret, {
        subject: "e2e",
        scopes: knownScopes,
        // Longer than any walk, and no longer than a page takes.
        ttlSeconds: 3_600,
        ...claims,
      });
      return signed.token;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

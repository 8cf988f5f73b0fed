import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { developmentLockPath, secretsPath, stackDataFolder } from "../../tools/local/data-folders.ts";
import { releaseLock, takeLock } from "../../tools/local/exclusive-lock.ts";
import { ensureRedisServer } from "../../tools/local/fetch-redis.ts";
import { parsePortOffset, resolvePorts, type StackPorts, serviceNames } from "../../tools/local/ports.ts";
import { ensureSecrets, loadSecrets } from "../../tools/local/secrets.ts";
import { startStack } from "../../tools/local/stack.ts";
import { readSigningSecret } from "../../tools/local/token.ts";

/** The stack that the demo talks to. */
export interface DemoStack {
  readonly ports: StackPorts;
  readonly signingSecret: Uint8Array;
  readonly startedHere: boolean;
  /** Stops it, if the demo started it. */
  stop(): Promise<void>;
}

/** Uses the stack that runs on this checkout's ports, or starts one. */
export async function findOrStartStack(say: (line: string) => void): Promise<DemoStack> {
  ensureSecrets(secretsPath);
  const environment = loadSecrets(secretsPath, process.env);
  const signingSecret = readSigningSecret(environment);
  const portOffset = parsePortOffset(process.env.PORT_OFFSET);
  const ports = resolvePorts(portOffset, environment);
  if (await allServe(ports)) {
    say("Using the stack that is running.");
    return { ports, signingSecret, startedHere: false, stop: async () => {} };
  }
  say("No stack is running: starting Redis and the five services …");
  await ensureRedisServer(say);
  mkdirSync(dirname(developmentLockPath), { recursive: true });
  const owner = takeLock(developmentLockPath);
  if (owner !== undefined)
    throw new Error(
      `a stack of this checkout (process ${owner}) is running but not ready; wait for it or stop it`,
    );
  const logs: string[] = [];
  try {
    const stack = await startStack({
      dataFolder: stackDataFolder,
      portOffset,
      environment,
      onLine: (part, line) => logs.push(`${part}: ${line}`),
    });
    return {
      ports,
      signingSecret,
      startedHere: true,
      stop: async () => {
        await stack.stop();
        releaseLock(developmentLockPath);
      },
    };
  } catch (error) {
    releaseLock(developmentLockPath);
    for (const line of logs.slice(-20)) say(line);
    throw error;
  }
}

async function allServe(ports: StackPorts): Promise<boolean> {
  const answers = await Promise.all(
    serviceNames.map((service) =>
      fetch(`http://127.0.0.1:${ports[service]}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
        () => undefined,
      ),
    ),
  );
  return answers.every((answer) => answer?.ok === true);
}

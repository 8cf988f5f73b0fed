/**
 * The whole system on this machine: a private Redis and the services as child processes. Used by `make dev`,
 * the demo and the end-to-end tests.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RedisSettings } from "#platform/testing/redis-process.ts";
import {
  findPortsInUse,
  listDoors,
  resolvePorts,
  type ServiceName,
  type StackPorts,
  serviceNames,
} from "./ports.ts";
import { waitUntilReady } from "./readiness.ts";
import { makeSecret } from "./secrets.ts";
import { makeServiceEnvironment, namesRedis, urlOf } from "./stack-environment.ts";
import { type PartOptions, serviceCommand, superviseRedis, superviseService } from "./stack-parts.ts";
import type { SupervisedProcess } from "./supervised-process.ts";

/** A part that can be stopped and started by itself. */
export type StackPart = ServiceName | "redis";

/** What to start; only `dataFolder` is required. */
export interface StackOptions {
  /** Folder of Redis' and the services' data; made if missing, kept by `stop`. */
  dataFolder: string;
  /** Added to every port. Default 0. */
  portOffset?: number;
  /** Default: all five. */
  services?: readonly ServiceName[];
  /** Environment of the services. Default: this process's. */
  environment?: NodeJS.ProcessEnv;
  /** Redis directives that replace or extend the defaults. */
  redisSettings?: RedisSettings;
  /** Receives each line that a part logs, and a sentence when one ends unexpectedly. */
  onLine?: (part: StackPart, line: string) => void;
  /** Start a part again that ends by itself. Default false: tests want to see it. */
  restartOnCrash?: boolean;
  /** Wait until every service is ready. Default true; else call `waitUntilReady`. */
  waitForReady?: boolean;
  /** How long that may take, in ms. Default 120 000: a few seconds, and many times that on a small busy machine. */
  readyWithinMs?: number;
  /** Command by service. Default: Node with `services/<name>/main.ts`. */
  commands?: Partial<Record<ServiceName, readonly [command: string, ...parameters: string[]]>>;
}

/** A running stack. */
export interface Stack extends AsyncDisposable {
  readonly ports: StackPorts;
  /** What the services got: their secrets and `REDIS_URL` among it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Waits until these services (default: all) are ready. @throws Error that names those that are not. */
  waitUntilReady(services?: readonly ServiceName[]): Promise<void>;
  /** Ends a part gently, starts it again and waits until it is ready. */
  restart(part: StackPart): Promise<void>;
  /** SIGKILL; the part stays down until `restart`. */
  kill(part: StackPart): Promise<void>;
  /** Process id of a part while it runs. */
  pidOf(part: StackPart): number | undefined;
  /** Ends the services, then Redis. May be called twice. */
  stop(): Promise<void>;
  /** SIGKILL to all, at once. */
  killNow(): void;
}

/** A service that ends this often before it was ever ready will not become so. */
const hopelessCrashes = 3;

/**
 * Starts Redis (unless the environment has `REDIS_URL`), then the services.
 *
 * @throws Error that says which port is taken, why Redis did not start, or which service did not become
 * ready; nothing is left running then.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const portOffset = options.portOffset ?? 0;
  const base = options.environment ?? process.env;
  const services = options.services ?? serviceNames;
  const ports = resolvePorts(portOffset, base);
  const ownsRedis = !namesRedis(base);
  await refuseTakenPorts(ports, services, ownsRedis);

  const redisPassword = ownsRedis ? (base.REDIS_PASSWORD ?? makeSecret()) : undefined;
  const dataFolder = join(resolve(options.dataFolder), "services");
  mkdirSync(dataFolder, { recursive: true });
  const environment = makeServiceEnvironment({ base, ports, portOffset, dataFolder, redisPassword });
  const parts = makeParts(options, services, environment, ports, redisPassword);
  const stack = new RunningStack(parts, services, ports, environment, options.readyWithinMs ?? 120_000);
  try {
    await parts.get("redis")?.start();
    await Promise.all(services.map((service) => parts.get(service)!.start()));
    if (options.waitForReady ?? true) {
      await stack.waitUntilReady();
    }
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

function makeParts(
  options: StackOptions,
  services: readonly ServiceName[],
  environment: NodeJS.ProcessEnv,
  ports: StackPorts,
  redisPassword: string | undefined,
): Map<StackPart, SupervisedProcess> {
  const optionsOf = (part: StackPart): PartOptions => ({
    restartOnCrash: options.restartOnCrash ?? false,
    report: (line) => options.onLine?.(part, line),
  });
  const parts = new Map<StackPart, SupervisedProcess>();
  if (redisPassword !== undefined) {
    const settings = { port: String(ports.redis), requirepass: redisPassword, ...options.redisSettings };
    const folder = join(resolve(options.dataFolder), "redis");
    parts.set("redis", superviseRedis(folder, settings, optionsOf("redis")));
  }
  for (const service of services) {
    const command = options.commands?.[service] ?? serviceCommand(service);
    parts.set(service, superviseService(command, environment, optionsOf(service)));
  }
  return parts;
}

class RunningStack implements Stack {
  readonly ports: StackPorts;
  readonly environment: NodeJS.ProcessEnv;
  readonly #parts: ReadonlyMap<StackPart, SupervisedProcess>;
  readonly #services: readonly ServiceName[];
  readonly #readyWithinMs: number;

  constructor(
    parts: ReadonlyMap<StackPart, SupervisedProcess>,
    services: readonly ServiceName[],
    ports: StackPorts,
    environment: NodeJS.ProcessEnv,
    readyWithinMs: number,
  ) {
    this.#parts = parts;
    this.#services = services;
    this.ports = ports;
    this.environment = environment;
    this.#readyWithinMs = readyWithinMs;
  }

  async waitUntilReady(services: readonly ServiceName[] = this.#services): Promise<void> {
    const deadline = Date.now() + this.#readyWithinMs;
    const states = await Promise.all(
      services.map(async (service) => {
        const process = this.#part(service);
        const isHopeless = () => !process.isKept() || process.crashes >= hopelessCrashes;
        return {
          service,
          process,
          ready: await waitUntilReady(this.#readyUrls(service), deadline, isHopeless),
        };
      }),
    );
    const late = states.filter(({ ready }) => !ready);
    if (late.length > 0) {
      const reasons = late.map(({ service, process }) =>
        process.isRunning() && process.crashes === 0
          ? `${service} is not ready after ${this.#readyWithinMs / 1000} s (${this.#readyUrls(service).join(", ")})`
          : `${service} does not stay up`,
      );
      throw new Error(`${reasons.join("; ")}. Its log says why.`);
    }
  }

  async restart(part: StackPart): Promise<void> {
    await this.#part(part).restart();
    if (part === "redis") {
      return;
    }
    await this.waitUntilReady([part]);
  }

  kill(part: StackPart): Promise<void> {
    return this.#part(part).kill();
  }

  pidOf(part: StackPart): number | undefined {
    return this.#part(part).pid;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => this.#part(service).stop()));
    await this.#parts.get("redis")?.stop();
  }

  killNow(): void {
    for (const process of this.#parts.values()) {
      process.killNow();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #readyUrls(service: ServiceName): string[] {
    return listDoors(service).map((door) => `${urlOf(this.ports, door)}/readyz`);
  }

  #part(part: StackPart): SupervisedProcess {
    const process = this.#parts.get(part);
    if (process === undefined) {
      throw new Error(`${part} is not a part of this stack`);
    }
    return process;
  }
}

async function refuseTakenPorts(
  ports: StackPorts,
  services: readonly ServiceName[],
  ownsRedis: boolean,
): Promise<void> {
  const names = [...services.flatMap(listDoors), ...(ownsRedis ? (["redis"] as const) : [])];
  const taken = await findPortsInUse(ports, names);
  if (taken.length > 0) {
    const list = taken.map((name) => `${ports[name]} (${name})`).join(", ");
    throw new Error(`Port in use: ${list}. Another offset shifts all ports, e.g. PORT_OFFSET=1000 make dev`);
  }
}

/**
 * The ports of the local stack.
 */
import { createServer } from "node:net";
import { defaultPorts } from "#platform/config/common-settings.ts";

/** The services of the stack, in the order in which they are shown. */
export const serviceNames = ["core", "pricing", "exchange", "monitoring", "admin"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Port of each door; `adminHttp` is Admin's HTTP JSON, Stripe and dashboard. */
export type PortName = ServiceName | "adminHttp" | "redis";
export type StackPorts = Readonly<Record<PortName, number>>;

/** The variable that names each door's port without offset. */
const portVariables: Readonly<Record<Exclude<PortName, "redis">, keyof typeof defaultPorts>> = {
  core: "CORE_PORT",
  pricing: "PRICING_PORT",
  exchange: "EXCHANGE_PORT",
  monitoring: "MONITORING_PORT",
  admin: "ADMIN_PORT",
  adminHttp: "ADMIN_HTTP_PORT",
};

/** Beside Redis' usual 6379, which may be taken by a server of the machine's own. */
const redisPort = 6390;

/** Keeps every default port a valid one. */
const largestOffset = 15_000;

/**
 * Reads `PORT_OFFSET`; unset or empty means 0.
 *
 * @throws Error unless it is a whole number from 0 to 15000.
 */
export function parsePortOffset(text: string | undefined): number {
  const offset = text === undefined || text === "" ? 0 : Number(text);
  if (!Number.isInteger(offset) || offset < 0 || offset > largestOffset) {
    throw new Error(`PORT_OFFSET=${text} must be a whole number from 0 to ${largestOffset}`);
  }
  return offset;
}

/** The ports for an offset; a port variable of the environment replaces a base and is shifted as well. */
export function resolvePorts(offset: number, environment: NodeJS.ProcessEnv): StackPorts {
  const doors = Object.entries(portVariables).map(([name, variable]) => {
    const base = Number(environment[variable] || defaultPorts[variable]);
    return [name, base + offset];
  });
  return { ...Object.fromEntries(doors), redis: redisPort + offset };
}

/** The doors of a service; each serves `/readyz`. */
export function listDoors(service: ServiceName): readonly PortName[] {
  return service === "admin" ? ["admin", "adminHttp"] : [service];
}

/** Those of the named ports that cannot be opened on 127.0.0.1. */
export async function findPortsInUse(ports: StackPorts, names: readonly PortName[]): Promise<PortName[]> {
  const free = await Promise.all(names.map((name) => isFree(ports[name])));
  return names.filter((_, index) => !free[index]);
}

/** Offsets for stacks beside others: their ports lie above those that the system gives to outgoing calls. */
const spareOffsets = { first: 11_000, count: 390, apart: 10 } as const;

/** While its owner lives, the listener on `firstGuardPort + n` says that the nth spare offset is taken. */
const firstGuardPort = 22_000;

/**
 * An offset whose ports are all free, for a stack beside others. It stays this process's until that ends, so
 * that stacks started at the same time get different ones.
 *
 * @throws Error if 50 random ones are all taken.
 */
export async function findFreePortOffset(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const slot = Math.floor(Math.random() * spareOffsets.count);
    if (!(await guard(firstGuardPort + slot))) {
      continue;
    }
    const offset = spareOffsets.first + slot * spareOffsets.apart;
    const ports = resolvePorts(offset, {});
    if ((await findPortsInUse(ports, Object.keys(ports) as PortName[])).length === 0) {
      return offset;
    }
  }
  throw new Error("no free ports for another stack");
}

/** Takes a port for the life of this process; false if another has it. */
function guard(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const holder = createServer();
    holder.once("error", () => resolve(false));
    holder.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      holder.unref();
      resolve(true);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

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

/**
 * An offset whose ports are all free now, for a stack beside others.
 *
 * @throws Error if 50 random ones are all taken.
 */
export async function findFreePortOffset(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const offset = 2_000 + 10 * Math.floor(Math.random() * ((largestOffset - 2_000) / 10));
    const ports = resolvePorts(offset, {});
    if ((await findPortsInUse(ports, Object.keys(ports) as PortName[])).length === 0) {
      return offset;
    }
  }
  throw new Error("no free ports for another stack");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

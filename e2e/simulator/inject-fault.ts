import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "#platform/testing/eventually.ts";
import type { FaultyProxy, ProxyFault } from "#platform/testing/faulty-proxy.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import type { StackPart } from "../../tools/local/stack.ts";
import type { Fault } from "./fault-plan.ts";
import type { SimulatedSystem } from "./system.ts";

/** Below what any ledger takes, so that nothing more can be written. */
const fullMemory = "1mb";
const usualMemory = "512mb";
const healedWithinMs = 120_000;
const delayMs = 120;
const lostStripeAnswers = 6;

/** A way that fails now and then spoils more calls than one on which nothing gets through. */
const cutForMs = 60;
const passesForMs = 140;

/** What a way does while it fails; undefined where its connections are only cut. */
function wayFaultOf({ kind, passingBytes }: Fault): ProxyFault | undefined {
  switch (kind) {
    case "cut before request":
      return { kind: "cutBeforeRequest" };
    case "cut reply":
      return { kind: "cutReply", afterBytes: passingBytes };
    case "swallow reply":
      return { kind: "swallowReply" };
    case "delay":
      return { kind: "delay", delayMs };
    default:
      return undefined;
  }
}

/** Lets a fault happen; resolves when it is over and what it had stopped runs again. */
export async function injectFault(system: SimulatedSystem, fault: Fault): Promise<void> {
  switch (fault.part) {
    case "way to core":
      return failWays(system.waysToCore, fault);
    case "way to redis":
      return failWays([system.wayToRedis], fault);
    case "stripe":
      system.stripe.failNext(lostStripeAnswers);
      return;
    default:
      return failProcess(system, fault.part, fault);
  }
}

async function failWays(ways: readonly FaultyProxy[], fault: Fault): Promise<void> {
  const { kind, lastsMs } = fault;
  const cutAll = () => {
    for (const way of ways) way.cutConnections();
  };
  const wayFault = wayFaultOf(fault);
  if (wayFault === undefined) return cutAll();
  const failsForMs = kind === "delay" || kind === "swallow reply" ? lastsMs : cutForMs;
  for (let goneMs = 0; goneMs < lastsMs; goneMs += failsForMs + passesForMs) {
    for (const way of ways) way.setFault(wayFault);
    await pause(failsForMs);
    for (const way of ways) way.setFault({ kind: "none" });
    // What was swallowed is missing from the connection for good.
    if (kind === "swallow reply") cutAll();
    await pause(passesForMs);
  }
}

async function failProcess(
  system: SimulatedSystem,
  part: StackPart,
  { kind, lastsMs }: Fault,
): Promise<void> {
  const { stack } = system;
  if (kind === "full memory") {
    await setMemory(system, fullMemory);
    await pause(lastsMs);
    return setMemory(system, usualMemory);
  }
  if (kind === "pause") {
    const pid = stack.pidOf(part)!;
    process.kill(pid, "SIGSTOP");
    await pause(lastsMs);
    process.kill(pid, "SIGCONT");
    return;
  }
  await stack.kill(part);
  await pause(lastsMs);
  // A service that finds no Redis ends; whoever runs it starts it again, as here.
  await eventually(() => stack.restart(part), healedWithinMs);
}

/** Redis forgets the setting when it is started again. */
function setMemory({ redisUrl }: SimulatedSystem, bytes: string): Promise<void> {
  return eventually(async () => {
    const redis = await connectTestRedis(redisUrl, { name: "simulator" });
    try {
      await redis.command("", ["CONFIG", "SET", "maxmemory", bytes]);
    } finally {
      await redis.close();
    }
  }, healedWithinMs);
}

/**
 * What a call costs end to end, as ratios within one run. Absolute numbers on a shared machine mean little; the
 * empty call (a health check through the same pipeline) is the measure.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import { signToken } from "#platform/access/token.ts";
import { findFreePortOffset } from "../tools/local/ports.ts";
import { startStack } from "../tools/local/stack.ts";
import { readSigningSecret } from "../tools/local/token.ts";
import { chosenAppendSync } from "./append-sync.ts";

const secondsPerMeasure = 3;
const inFlight = [1, 8, 64];

/** One kind of call. */
interface Workload {
  readonly name: string;
  call(): Promise<unknown>;
}

/** Calls per second with a number of calls always under way. */
async function measure(call: () => Promise<unknown>, concurrency: number): Promise<number> {
  const endMs = performance.now() + secondsPerMeasure * 1_000;
  let calls = 0;
  const worker = async () => {
    while (performance.now() < endMs) {
      await call();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return calls / secondsPerMeasure;
}

async function workloads(
  core: Client<typeof BillingCoreService>,
  health: Client<typeof Health>,
): Promise<Workload[]> {
  const accountId = `bench-${randomUUID()}`;
  await core.createAccount({ accountId, currencyCode: "USD" });
  await core.credit({
    accountId,
    amount: { currencyCode: "USD", amount: "1000000" },
    source: "admin",
    idempotencyKey: "fund",
  });
  const money = (amount: string) => ({
    case: "amount" as const,
    value: { money: { currencyCode: "USD", amount } },
  });
  const usage = {
    case: "usage" as const,
    value: {
      usages: [{ priceId: "openai/gpt-4o", quantities: { input_tokens: "1200", output_tokens: "350" } }],
    },
  };
  return [
    { name: "empty call (health check)", call: () => health.check({}) },
    { name: "GetBalance", call: () => core.getBalance({ accountId }) },
    {
      name: "Charge by amount",
      call: () => core.charge({ accountId, price: money("0.0001"), idempotencyKey: randomUUID() }),
    },
    {
      name: "Charge by usage",
      call: () => core.charge({ accountId, price: usage, idempotencyKey: randomUUID() }),
    },
    {
      name: "Reserve and Commit by amount",
      call: async () => {
        const { reservation } = await core.reserve({
          accountId,
          price: money("0.001"),
          idempotencyKey: randomUUID(),
        });
        await core.commit({
          reservationId: reservation?.reservationId ?? "",
          price: money("0.0005"),
          idempotencyKey: randomUUID(),
        });
      },
    },
  ];
}

const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
process.stdout.write("Starting a stack of its own …\n");
const stack = await startStack({
  dataFolder: folder,
  portOffset: await findFreePortOffset(),
  environment: { ...process.env, LOG_LEVEL: "warn", REDIS_URL: "" },
  redisSettings: { appendfsync: chosenAppendSync() },
});
try {
  const { token } = await signToken(readSigningSecret(stack.environment), {
    subject: "bench",
    scopes: ["core.read", "core.charge", "core.fund", "core.manage"],
    ttlSeconds: 3_600,
  });
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const transport = createGrpcTransport({
    baseUrl: `http://127.0.0.1:${stack.ports.core}`,
    interceptors: [authorize],
  });
  const all = await workloads(createClient(BillingCoreService, transport), createClient(Health, transport));
  process.stdout.write(
    `gRPC on one connection, client and services on this machine, appendfsync ${chosenAppendSync()}; calls/s (ratio to the empty call)\n\n`,
  );
  process.stdout.write(
    `${"".padEnd(30)}${inFlight.map((count) => `${count} in flight`.padStart(20)).join("")}\n`,
  );
  const empty = new Map<number, number>();
  for (const { name, call } of all) {
    const cells: string[] = [];
    for (const concurrency of inFlight) {
      const perSecond = await measure(call, concurrency);
      if (!empty.has(concurrency)) empty.set(concurrency, perSecond);
      cells.push(
        `${perSecond.toFixed(0)} (${(perSecond / (empty.get(concurrency) ?? perSecond)).toFixed(2)})`.padStart(
          20,
        ),
      );
    }
    process.stdout.write(`${name.padEnd(30)}${cells.join("")}\n`);
  }
} finally {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { signToken } from "#platform/access/token.ts";
import { findFreePortOffset } from "../../tools/local/ports.ts";
import { type Stack, startStack } from "../../tools/local/stack.ts";
import { readSigningSecret } from "../../tools/local/token.ts";
import { chosenAppendSync } from "../append-sync.ts";

/** A stack of its own with funded accounts, for measuring Core. */
export interface BenchStack {
  readonly stack: Stack;
  readonly token: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const tokenSeconds = 7_200;

/**
 * Starts Core with what it asks, and opens accounts in USD with a million each.
 *
 * @param profileFolder takes a CPU profile of Core when it ends; empty for none.
 */
export async function startBenchStack(
  accounts: readonly string[],
  profileFolder = "",
  environment: NodeJS.ProcessEnv = {},
): Promise<BenchStack> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  const core = join(import.meta.dirname, "../../services/core/main.ts");
  const profiled = [process.execPath, "--cpu-prof", `--cpu-prof-dir=${profileFolder}`, core] as const;
  const stack = await startStack({
    dataFolder: folder,
    portOffset: await findFreePortOffset(),
    services: ["pricing", "exchange", "core"],
    environment: {
      ...process.env,
      LOG_LEVEL: "warn",
      REDIS_URL: "",
      EXCHANGE_REFRESH: "false",
      ...environment,
    },
    // The journal of a long run outgrows what a stack for development allows.
    redisSettings: { maxmemory: "4gb", appendfsync: chosenAppendSync() },
    readyWithinMs: 120_000,
    ...(profileFolder === "" ? {} : { commands: { core: profiled } }),
  });
  const { token } = await signToken(readSigningSecret(stack.environment), {
    subject: "bench",
    scopes: ["core.read", "core.charge", "core.fund", "core.manage"],
    ttlSeconds: tokenSeconds,
  });
  await openAccounts(stack.ports.core, token, accounts);
  return {
    stack,
    token,
    stop: async () => {
      await stack.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openAccounts(port: number, token: string, accounts: readonly string[]): Promise<void> {
  const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` });
  const core = createClient(BillingCoreService, transport);
  const headers = { authorization: `Bearer ${token}` };
  const amount = { currencyCode: "USD", amount: "1000000" };
  for (const accountId of accounts) {
    await core.createAccount({ accountId, currencyCode: "USD" }, { headers });
    await core.credit({ accountId, amount, source: "admin", idempotencyKey: "fund" }, { headers });
  }
}

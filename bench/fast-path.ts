/**
 * What a call costs the process that serves it, in CPU and in calls per second: an empty handler behind raw http2,
 * grpc-js, Connect and the fast path, then Core's own calls, all in one run under one load. Only the ratios within
 * a run mean something on a shared machine.
 */
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { GetBalanceRequestSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import {
  CommitRequestSchema,
  ReserveRequestSchema,
  ReserveResponseSchema,
} from "#gen/billing/core/v1/reservation_rpc_pb.ts";
import { signToken } from "#platform/access/token.ts";
import { testToken } from "#platform/testing/service.ts";
import { findFreePortOffset } from "../tools/local/ports.ts";
import { startStack } from "../tools/local/stack.ts";
import { readSigningSecret } from "../tools/local/token.ts";
import { type ServerKind, serverKinds } from "./load/empty-server.ts";
import { counterPlace, type LoadJob } from "./load/load-job.ts";
import { type Measurement, runLoad } from "./load/run-load.ts";

const inFlight = [1, 8, 128];
/** Long enough for the compiler to have seen the calls often. */
const times = { warmUpMs: 3_000, measureMs: Number(process.env.BENCH_MS ?? 2_500) };
const accounts = Array.from({ length: 64 }, () => `bench-${randomUUID().slice(0, 8)}`);
const counterDigits = 16;
const runId = randomUUID().slice(0, 8);
const price = (amount: string) => ({
  case: "amount" as const,
  value: { money: { currencyCode: "USD", amount } },
});
const pathOf = (method: string) => `/${BillingCoreService.typeName}/${method}`;
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** The columns of one server or call, by the number of calls in flight. */
type Row = ReadonlyMap<number, Measurement>;
const rows = new Map<string, Row>();

/** Measures one call at each number in flight. */
async function measure(
  name: string,
  serverPid: number,
  job: (concurrency: number) => Partial<LoadJob> & Pick<LoadJob, "port" | "path" | "token" | "messages">,
): Promise<Row> {
  const row = new Map<number, Measurement>();
  for (const concurrency of inFlight) {
    const defaults = { counterDigits: 0, once: false, keepAnswers: false, inFlight: concurrency, ...times };
    const result = await runLoad({ ...defaults, ...job(concurrency) }, serverPid);
    if (result.failed > 0) throw new Error(`${name}: ${result.failed} calls failed`);
    row.set(concurrency, result);
  }
  rows.set(name, row);
  return row;
}

async function measureEmpty(kind: ServerKind, redisUrl: string): Promise<void> {
  const script = fileURLToPath(new URL("load/empty-server.ts", import.meta.url));
  const child = fork(script, [kind], { env: { ...process.env, REDIS_URL: redisUrl } });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", resolve as never);
    child.once("exit", (code) => reject(new Error(`the server ${kind} ended with ${code}`)));
  });
  const token = await testToken({ scopes: ["core.read"] });
  const message = toBinary(
    GetBalanceRequestSchema,
    create(GetBalanceRequestSchema, { accountId: "bench-empty" }),
  );
  await measure(`empty: ${kind}`, child.pid as number, () => ({
    port,
    token,
    path: pathOf("GetBalance"),
    messages: [base64(message)],
  }));
  child.disconnect();
}

async function measureCore(port: number, pid: number, token: string): Promise<void> {
  const target = { port, token, counterDigits };
  const idempotencyKey = (name: string) => `${name}-${runId}-${counterPlace(counterDigits)}`;
  const forAll = (encode: (accountId: string) => Uint8Array) => accounts.map((id) => base64(encode(id)));
  await measure("GetBalance", pid, () => ({
    port,
    token,
    path: pathOf("GetBalance"),
    messages: forAll((accountId) =>
      toBinary(GetBalanceRequestSchema, create(GetBalanceRequestSchema, { accountId })),
    ),
  }));
  await measure("Charge", pid, (concurrency) => {
    const request = (accountId: string): MessageInitShape<typeof ChargeRequestSchema> => ({
      accountId,
      price: price("0.0001"),
      idempotencyKey: idempotencyKey(`charge${concurrency}`),
    });
    const messages = forAll((id) => toBinary(ChargeRequestSchema, create(ChargeRequestSchema, request(id))));
    return { ...target, path: pathOf("Charge"), messages };
  });
  const reserved = await measure("Reserve", pid, (concurrency) => {
    const request = (accountId: string): MessageInitShape<typeof ReserveRequestSchema> => ({
      accountId,
      price: price("0.001"),
      idempotencyKey: idempotencyKey(`reserve${concurrency}`),
    });
    const messages = forAll((id) =>
      toBinary(ReserveRequestSchema, create(ReserveRequestSchema, request(id))),
    );
    return { ...target, path: pathOf("Reserve"), messages, keepAnswers: true };
  });
  await measure("Commit", pid, (concurrency) => {
    const messages = (reserved.get(concurrency)?.answers ?? []).map((answer) => {
      const { reservation } = fromBinary(ReserveResponseSchema, Buffer.from(answer, "base64"));
      const reservationId = reservation?.reservationId ?? "";
      const request = {
        reservationId,
        price: price("0.0005"),
        idempotencyKey: idempotencyKey(`commit${concurrency}`),
      };
      return base64(toBinary(CommitRequestSchema, create(CommitRequestSchema, request)));
    });
    return { ...target, path: pathOf("Commit"), messages, once: true, warmUpMs: 500 };
  });
}

async function openAccounts(port: number, token: string): Promise<void> {
  const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` });
  const core = createClient(BillingCoreService, transport);
  const headers = { authorization: `Bearer ${token}` };
  const amount = { currencyCode: "USD", amount: "1000000" };
  for (const accountId of accounts) {
    await core.createAccount({ accountId, currencyCode: "USD" }, { headers });
    await core.credit({ accountId, amount, source: "admin", idempotencyKey: "fund" }, { headers });
  }
}

function print(): void {
  const columns = inFlight.map((count) => `${count} in flight`.padStart(40));
  process.stdout.write(`${"".padEnd(20)}${columns.join("")}\n`);
  process.stdout.write(
    `${"".padEnd(20)}${inFlight.map(() => "calls/s  p50 ms  p99 ms   CPU µs".padStart(40)).join("")}\n`,
  );
  for (const [name, row] of rows) {
    const cells = [...row.values()].map(({ callsPerSecond, p50Ms, p99Ms, cpuMicrosPerCall }) =>
      `${callsPerSecond.toFixed(0)}  ${p50Ms.toFixed(2).padStart(6)}  ${p99Ms.toFixed(2).padStart(6)}  ${cpuMicrosPerCall.toFixed(1).padStart(7)}`.padStart(
        40,
      ),
    );
    process.stdout.write(`${name.padEnd(20)}${cells.join("")}\n`);
  }
  process.stdout.write(
    "\nRatios: CPU per call to an empty handler of grpc-js; calls/s to our own empty handler\n",
  );
  for (const [name, row] of rows) {
    const cells = inFlight.map((count) => {
      const [own, grpcJs, fast] = [row, rows.get("empty: grpc-js"), rows.get("empty: fast path")].map(
        (each) => each?.get(count),
      ) as [Measurement, Measurement, Measurement];
      const cpu = (own.cpuMicrosPerCall / grpcJs.cpuMicrosPerCall).toFixed(2);
      return `${cpu}    ${(own.callsPerSecond / fast.callsPerSecond).toFixed(2)}`.padStart(40);
    });
    process.stdout.write(`${name.padEnd(20)}${cells.join("")}\n`);
  }
}

const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
process.stdout.write("The price of a call; starting a stack of its own …\n");
const stack = await startStack({
  dataFolder: folder,
  portOffset: await findFreePortOffset(),
  services: ["exchange", "core"],
  environment: { ...process.env, LOG_LEVEL: "warn", REDIS_URL: "", EXCHANGE_REFRESH: "false" },
});
try {
  const { token } = await signToken(readSigningSecret(stack.environment), {
    subject: "bench",
    scopes: ["core.read", "core.charge", "core.fund", "core.manage"],
    ttlSeconds: 3_600,
  });
  await openAccounts(stack.ports.core, token);
  for (const kind of serverKinds) await measureEmpty(kind, stack.environment.REDIS_URL ?? "");
  await measureCore(stack.ports.core, stack.pidOf("core") as number, token);
  process.stdout.write("gRPC over HTTP/2; Redis on this machine, appendfsync always\n\n");
  print();
} finally {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}

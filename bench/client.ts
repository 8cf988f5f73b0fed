/**
 * What a call from one service to another costs the one that calls, in its own CPU: Connect's client, grpc-js's and
 * the services' own, each with an empty handler behind raw http2, in turns within one run. BENCH_ROUNDS repeats it; of
 * each row the round counts that took the least CPU.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Client, credentials } from "@grpc/grpc-js";
import {
  type GetBalanceRequest,
  GetBalanceRequestSchema,
  type GetBalanceResponse,
  GetBalanceResponseSchema,
} from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { createServiceClient } from "#platform/client/service-client.ts";

const inFlight = [1, 8, 128];
const rounds = Number(process.env.BENCH_ROUNDS ?? 2);
const path = `/${BillingCoreService.typeName}/GetBalance`;
const request = create(GetBalanceRequestSchema, { accountId: "bench-empty" });

/** A way to make the call. */
interface Caller {
  readonly name: string;
  call(): Promise<GetBalanceResponse>;
  close(): void;
}

/** What was measured of a caller at one number in flight. */
interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicros: number;
}

function callersOf(port: number): Caller[] {
  const baseUrl = `http://127.0.0.1:${port}`;
  const connect = createClient(BillingCoreService, createGrpcTransport({ baseUrl }));
  const grpcJs = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const serialize = (message: GetBalanceRequest) => Buffer.from(toBinary(GetBalanceRequestSchema, message));
  const deserialize = (bytes: Buffer) => fromBinary(GetBalanceResponseSchema, bytes);
  const own = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl,
    token: () => Promise.resolve("token"),
  });
  return [
    {
      name: "Connect",
      call: () =>
        connect.getBalance(request, { timeoutMs: 30_000, headers: { authorization: "Bearer token" } }),
      close: () => {},
    },
    {
      name: "grpc-js",
      call: () =>
        new Promise((resolve, reject) => {
          const options = { deadline: Date.now() + 30_000 };
          grpcJs.makeUnaryRequest(path, serialize, deserialize, request, options, (error, answer) =>
            error === null ? resolve(answer!) : reject(error),
          );
        }),
      close: () => grpcJs.close(),
    },
    { name: "services' own", call: () => own.getBalance(request), close: own.close },
  ];
}

async function measure(call: Caller["call"], concurrency: number, calls: number): Promise<Figures> {
  const latencies: number[] = [];
  let left = calls;
  const worker = async () => {
    while (left-- > 0) {
      const startedMs = performance.now();
      await call();
      latencies.push(performance.now() - startedMs);
    }
  };
  const cpuFrom = process.cpuUsage();
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(cpuFrom);
  const seconds = (performance.now() - startedMs) / 1_000;
  latencies.sort((left, right) => left - right);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { perSecond: calls / seconds, p50Ms: at(0.5), p99Ms: at(0.99), cpuMicros: (user + system) / calls };
}

const script = fileURLToPath(new URL("load/empty-server.ts", import.meta.url));
const server = fork(script, ["raw http2"]);
const port = await new Promise<number>((resolve, reject) => {
  server.once("message", resolve as never);
  server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
});
const callers = callersOf(port);
const best = new Map<string, Figures>();
for (const { call } of callers) await measure(call, 32, 10_000);
for (let round = 0; round < rounds; round++) {
  for (const concurrency of inFlight) {
    for (const { name, call } of callers) {
      const figures = await measure(call, concurrency, concurrency === 1 ? 2_000 : 10_000);
      const row = `${name.padEnd(16)}${String(concurrency).padStart(4)} in flight`;
      if (figures.cpuMicros < (best.get(row)?.cpuMicros ?? Number.POSITIVE_INFINITY)) best.set(row, figures);
    }
  }
}
process.stdout.write(`${"".padEnd(30)}calls/s   p50 ms   p99 ms   CPU µs of the caller\n`);
for (const [row, { perSecond, p50Ms, p99Ms, cpuMicros }] of best)
  process.stdout.write(
    `${row}${perSecond.toFixed(0).padStart(7)}${[p50Ms, p99Ms, cpuMicros].map((each) => each.toFixed(2).padStart(9)).join("")}\n`,
  );
for (const { close } of callers) close();
server.disconnect();
process.exit(0);

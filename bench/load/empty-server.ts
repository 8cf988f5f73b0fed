/**
 * An empty handler behind one of several servers, as a process of its own: `node empty-server.ts <kind>`. All read
 * the same request and write the same answer with the same library; the doors also do all that a service does.
 */
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import {
  type GetBalanceRequest,
  GetBalanceRequestSchema,
  type GetBalanceResponse,
  GetBalanceResponseSchema,
} from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ResourceOwner } from "#platform/access/ownership.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { connectRedis } from "#platform/redis/redis.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { startTestService } from "#platform/testing/service.ts";

/** The servers, from the barest to the whole. */
export const serverKinds = ["raw http2", "grpc-js", "Connect", "fast path"] as const;
export type ServerKind = (typeof serverKinds)[number];

const answer = ({ accountId }: GetBalanceRequest): MessageInitShape<typeof GetBalanceResponseSchema> => ({
  balance: { accountId, available: { currencyCode: "USD", amount: "12.34" } },
});
const respond = (bytes: Uint8Array): Uint8Array =>
  toBinary(
    GetBalanceResponseSchema,
    create(GetBalanceResponseSchema, answer(fromBinary(GetBalanceRequestSchema, bytes))),
  );

/** No more than HTTP/2 and the messages: neither a gate nor a deadline nor a limit. */
function startRaw(): Promise<number> {
  const server = createServer();
  server.on("stream", (stream) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const message = respond((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).subarray(5));
      const frame = Buffer.allocUnsafe(message.length + 5);
      frame[0] = 0;
      frame.writeUInt32BE(message.length, 1);
      frame.set(message, 5);
      stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(frame);
    });
    stream.on("error", () => {});
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
}

function startGrpcJs(): Promise<number> {
  const server = new Server();
  const getBalance = {
    path: "/billing.core.v1.BillingCoreService/GetBalance",
    requestStream: false,
    responseStream: false,
    requestSerialize: (request: GetBalanceRequest) => Buffer.from(toBinary(GetBalanceRequestSchema, request)),
    requestDeserialize: (bytes: Buffer) => fromBinary(GetBalanceRequestSchema, bytes),
    responseSerialize: (response: GetBalanceResponse) =>
      Buffer.from(toBinary(GetBalanceResponseSchema, response)),
    responseDeserialize: (bytes: Buffer) => fromBinary(GetBalanceResponseSchema, bytes),
  };
  server.addService({ getBalance }, {
    getBalance: (
      call: { request: GetBalanceRequest },
      callback: (error: null, response: GetBalanceResponse) => void,
    ) => callback(null, create(GetBalanceResponseSchema, answer(call.request))),
  } as never);
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
}

const nobody: ResourceOwner = {
  accountOf: () => undefined,
  notFound: () => new CommonError("INTERNAL", "-"),
};

/** A whole service without anything behind its handler; Redis holds the list of revoked tokens. */
async function startService(fastPath: boolean): Promise<number> {
  const redis = await connectRedis({ urls: [process.env.REDIS_URL ?? ""], name: "bench" });
  const service = await startTestService({
    redis,
    settings: { FAST_PATH: fastPath },
    owners: { transactionId: nobody, reservationId: nobody },
    routes: [routesOf(BillingCoreService, { getBalance: answer })],
  });
  return service.port;
}

const starters: Readonly<Record<ServerKind, () => Promise<number>>> = {
  "raw http2": startRaw,
  "grpc-js": startGrpcJs,
  Connect: () => startService(false),
  "fast path": () => startService(true),
};

if (import.meta.main) {
  const port = await starters[process.argv[2] as ServerKind]();
  process.on("disconnect", () => process.exit(0));
  process.send?.(port);
}

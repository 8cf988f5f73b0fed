import type { DescService } from "@bufbuild/protobuf";
import { type Client, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { type ErrorInfo, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { Http2Sessions } from "#platform/client/http2-sessions.ts";
import type { ServiceName } from "../../tools/local/ports.ts";
import type { TestStack } from "./test-stack.ts";

/** The service behind each RPC port. */
export const serviceOf = {
  core: BillingCoreService,
  pricing: PricingService,
  exchange: ExchangeRateService,
  monitoring: MonitoringService,
  admin: AdminService,
} as const satisfies Record<ServiceName, DescService>;

/** The RPC port of each service, by the service's full name. */
export const doorOf: ReadonlyMap<string, ServiceName> = new Map(
  Object.entries(serviceOf).map(([door, service]) => [service.typeName, door as ServiceName]),
);

/** gRPC clients of all five services with one token. */
export type Clients = { readonly [S in ServiceName]: Client<(typeof serviceOf)[S]> };

/** Transports over gRPC, one connection to each service; closed by `close`. */
export interface GrpcTransports {
  readonly of: (door: ServiceName) => Transport;
  close(): void;
}

/** Opens gRPC transports to all services. */
export function openGrpcTransports(stack: TestStack): GrpcTransports {
  const doors = Object.keys(serviceOf) as ServiceName[];
  const opened = new Map(
    doors.map((door) => {
      const baseUrl = stack.url(door);
      const sessionManager = new Http2Sessions(baseUrl);
      const transport = createGrpcTransport({ baseUrl, sessionManager, defaultTimeoutMs: 60_000 });
      return [door, { sessionManager, transport }];
    }),
  );
  return {
    of: (door) => opened.get(door)!.transport,
    close: () => opened.forEach(({ sessionManager }) => void sessionManager.abort()),
  };
}

/** Clients that send the token with every call. */
export function clientsWith(transports: GrpcTransports, token: string): Clients {
  const entries = Object.entries(serviceOf).map(([door, service]) => {
    const transport = withToken(transports.of(door as ServiceName), token);
    return [door, createClient(service as DescService, transport)];
  });
  return Object.fromEntries(entries) as Clients;
}

/** A transport that adds the token to every call. */
export function withToken(transport: Transport, token: string): Transport {
  const headersWith = (given: ConstructorParameters<typeof Headers>[0]) => {
    const headers = new Headers(given);
    headers.set("authorization", `Bearer ${token}`);
    return headers;
  };
  return {
    unary: (method, signal, timeoutMs, header, input, values) =>
      transport.unary(method, signal, timeoutMs, headersWith(header), input, values),
    stream: (method, signal, timeoutMs, header, input, values) =>
      transport.stream(method, signal, timeoutMs, headersWith(header), input, values),
  };
}

/** How a call was refused. */
export interface Refusal {
  readonly error: ConnectError;
  /** The detail that carries the reason; undefined if the refusal has none. */
  readonly info: ErrorInfo | undefined;
}

/** The refusal of a call, or undefined if it was answered. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await call;
    return undefined;
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    return { error, info: error.findDetails(ErrorInfoSchema)[0] };
  }
}

/** "OK", or the reason of the refusal with the service that it names: "PEER_UNAVAILABLE pricing". */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  const refusal = await refusalOf(call);
  if (refusal === undefined) return "OK";
  const { error, info } = refusal;
  if (info === undefined) return `no reason: ${error.message}`;
  return [info.reason, info.metadata.service].filter((part) => part !== undefined).join(" ");
}

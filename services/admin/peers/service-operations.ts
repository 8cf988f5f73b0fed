import type { DescMethod, DescService, Message } from "@bufbuild/protobuf";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { createServiceClient, type ServiceClient } from "#platform/client/service-client.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import type { Call } from "#platform/rpc/call.ts";
import { delegatedRoutesOf, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import { createDelegatedTokens } from "./delegated-token.ts";

/** The services besides this one, by the names of their addresses. */
export const peerServices = {
  core: BillingCoreService,
  pricing: PricingService,
  exchange: ExchangeRateService,
  monitoring: MonitoringService,
} as const satisfies Record<string, DescService>;

export type PeerServiceName = keyof typeof peerServices;

/** A call with all its attempts; the caller's own deadline is often sooner. */
const timeoutMs = 30_000;

/** Where the other services are. */
export function peerBaseUrls(settings: Parameters<typeof peerUrl>[0]): Record<PeerServiceName, string> {
  return {
    core: peerUrl(settings, "CORE"),
    pricing: peerUrl(settings, "PRICING"),
    exchange: peerUrl(settings, "EXCHANGE"),
    monitoring: peerUrl(settings, "MONITORING"),
  };
}

/** Where the other services are, and the secret that tokens for them are signed with. */
export interface ServiceOperationsOptions {
  readonly baseUrls: Readonly<Record<PeerServiceName, string>>;
  readonly secret: Uint8Array;
}

/** The methods of the other services, each call passed on with its caller's rights. */
export interface ServiceOperations {
  readonly routes: readonly ServiceRoutes[];
  close(): void;
}

type PassOn = (
  request: Message,
  call: Call,
  signal?: AbortSignal,
) => Promise<Message> & AsyncIterable<Message>;

export function createServiceOperations(options: ServiceOperationsOptions): ServiceOperations {
  const token = createDelegatedTokens(options.secret);
  const clients: Array<ServiceClient<DescService>> = [];
  const routes = Object.entries<DescService>(peerServices).map(([peer, service]) => {
    const baseUrl = options.baseUrls[peer as PeerServiceName];
    const client = createServiceClient({ service, peer, baseUrl, token, rights: "caller", timeoutMs });
    clients.push(client);
    const handlers = service.methods.map((method) => [method.localName, passOn(client, method)]);
    return delegatedRoutesOf(service, Object.fromEntries(handlers));
  });
  return {
    routes,
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

function passOn(client: ServiceClient<DescService>, method: DescMethod) {
  const send = (client as unknown as Record<string, PassOn>)[method.localName] as PassOn;
  return method.methodKind === "unary"
    ? (request: Message, call: Call) => send(request, call)
    : (request: Message, call: Call) => send(request, call, call.signal);
}

import { type Client, Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";

/** The services that the page calls, each at an origin of its own. */
export const serviceNames = ["core", "pricing", "exchange", "monitoring"] as const;
export type ServiceName = (typeof serviceNames)[number];
export type ServiceUrls = Readonly<Record<ServiceName, string>>;

export type Protocol = "gRPC-Web" | "Connect";
/** Both protocols, each for two services, or one of them for all. */
export type ProtocolChoice = "both" | Protocol;

const halfAndHalf: Readonly<Record<ServiceName, Protocol>> = {
  core: "gRPC-Web",
  exchange: "gRPC-Web",
  pricing: "Connect",
  monitoring: "Connect",
};

export const protocolOf = (service: ServiceName, choice: ProtocolChoice): Protocol =>
  choice === "both" ? halfAndHalf[service] : choice;

/** The same services and the same answers, whichever of the two is spoken. */
const makeTransport = { "gRPC-Web": createGrpcWebTransport, Connect: createConnectTransport } as const;

const unaryTimeoutMs = 15_000;

/** A call that the page made. */
export interface Call {
  readonly service: ServiceName;
  readonly protocol: Protocol;
  readonly method: string;
  /** "OK", "stream", or the code of the refusal. */
  readonly outcome: string;
  readonly tookMs: number;
}

export interface Clients {
  readonly core: Client<typeof BillingCoreService>;
  readonly pricing: Client<typeof PricingService>;
  readonly exchange: Client<typeof ExchangeRateService>;
  readonly monitoring: Client<typeof MonitoringService>;
}

export interface ConnectionOptions {
  readonly urls: ServiceUrls;
  readonly token: string;
  readonly choice: ProtocolChoice;
  readonly onCall: (call: Call) => void;
  /** The token is no longer taken. */
  readonly onSessionEnd: () => void;
}

/** Clients of the services. The token goes along in a header: cookies of this page mean nothing to another origin. */
export function connect({ urls, token, choice, onCall, onSessionEnd }: ConnectionOptions): Clients {
  const transportOf = (service: ServiceName) => {
    const protocol = protocolOf(service, choice);
    const asPage: Interceptor = (next) => async (request) => {
      const startedAt = performance.now();
      const note = (outcome: string) =>
        onCall({
          service,
          protocol,
          method: request.method.name,
          outcome,
          tookMs: performance.now() - startedAt,
        });
      request.header.set("authorization", `Bearer ${token}`);
      try {
        const response = await next(request);
        note(response.stream ? "stream" : "OK");
        return response;
      } catch (error) {
        const { code } = ConnectError.from(error);
        if (code !== Code.Canceled) note(Code[code]);
        if (code === Code.Unauthenticated) onSessionEnd();
        throw error;
      }
    };
    return makeTransport[protocol]({
      baseUrl: urls[service],
      interceptors: [asPage],
      defaultTimeoutMs: unaryTimeoutMs,
    });
  };
  return {
    core: createClient(BillingCoreService, transportOf("core")),
    pricing: createClient(PricingService, transportOf("pricing")),
    exchange: createClient(ExchangeRateService, transportOf("exchange")),
    monitoring: createClient(MonitoringService, transportOf("monitoring")),
  };
}

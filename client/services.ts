import { AdminService } from "../gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "../gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "../gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "../gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "../gen/billing/pricing/v1/pricing_service_pb.ts";

/** The five services, by the names under which the client has them, with their ports in the contract. */
export const services = {
  core: { service: BillingCoreService, port: 50052 },
  pricing: { service: PricingService, port: 50053 },
  exchange: { service: ExchangeRateService, port: 50054 },
  monitoring: { service: MonitoringService, port: 50055 },
  admin: { service: AdminService, port: 50056 },
} as const;

/** Name of a service in the client. */
export type ServiceName = keyof typeof services;

/** Where the services are. */
export interface Addresses {
  /**
   * Scheme and host of all services, for example `https://billing.internal`; each is at its port of the
   * contract there (core 50052, pricing 50053, exchange 50054, monitoring 50055, admin 50056).
   */
  readonly baseUrl?: string;
  /** Address of single services, for example behind a gateway; goes before `baseUrl`. */
  readonly urls?: Readonly<Partial<Record<ServiceName, string>>>;
}

/**
 * The address of a service.
 *
 * @throws TypeError if none is given, if it is no http or https URL, or if `baseUrl` has a port.
 */
export function addressOf(name: ServiceName, { baseUrl, urls }: Addresses): string {
  const own = urls?.[name];
  if (own !== undefined) return parseAddress(`urls.${name}`, own).href.replace(/\/$/, "");
  if (baseUrl === undefined) throw new TypeError(`no address for ${name}: give baseUrl or urls.${name}`);
  const url = parseAddress("baseUrl", baseUrl);
  if (url.port !== "")
    throw new TypeError(
      `baseUrl ${baseUrl} has a port, but the services have different ones: give urls instead`,
    );
  url.port = String(services[name].port);
  return url.href.replace(/\/$/, "");
}

function parseAddress(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TypeError(`${option} is ${JSON.stringify(text)}, which is no http or https URL`);
  return url;
}

import type { DescService } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type { AdminService } from "../gen/billing/admin/v1/admin_service_pb.ts";
import type { BillingCoreService } from "../gen/billing/core/v1/billing_core_service_pb.ts";
import type { ExchangeRateService } from "../gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { MonitoringService } from "../gen/billing/monitoring/v1/monitoring_service_pb.ts";
import type { PricingService } from "../gen/billing/pricing/v1/pricing_service_pb.ts";
import { type CallBounds, resolveBounds } from "./call-options.ts";
import { chargeBatchUntilKnown } from "./charge-batch.ts";
import { callsOf, type ServiceCalls } from "./service-calls.ts";
import { type Addresses, addressOf, type ServiceName, services } from "./services.ts";
import { createTokenHolder, type TokenSource } from "./token.ts";
import { createWithReservation, type WithReservation } from "./with-reservation.ts";

/** How to reach Holdfast, and the bounds of calls that state none. */
export interface HoldfastOptions extends Addresses, CallBounds {
  /** The bearer token, or a function that gives one and is asked again when it has expired. */
  readonly token: TokenSource;
  /** Replaces the connection to a service, for tests and for transports with settings of their own. */
  readonly transport?: (url: string, service: ServiceName) => Transport;
}

/** The methods of Core, and work under a hold. */
export interface CoreCalls extends ServiceCalls<typeof BillingCoreService> {
  /**
   * Holds the estimated cost on an account, does the work, and settles by what it really cost, which the work
   * returns beside its result. If the work throws, the hold is released and the error thrown on.
   *
   * Once the signal is aborted, the work has `abortGraceMs` to end: by throwing (the hold is released), or with
   * what it cost so far (that is settled). Work that lasts longer is given up: the hold is released, what the
   * work returns later is lost, and the call ends with CALL_CANCELED.
   *
   * While the work lasts, the hold is extended by `holdTtlMs` again and again, up to 24 h in all. Where that fails
   * for good it ends at `expiresAt`: work that ends later is settled as a direct debit, unless `acceptExpired` is
   * false, and what it needs may have been spent by others meanwhile.
   *
   * @throws HoldfastError if the hold is refused, for example INSUFFICIENT_FUNDS; the work is not begun then.
   * @throws SettlementError if the work is done and the commit fails; it has what is needed to commit later.
   */
  readonly withReservation: WithReservation;
}

/** Holdfast, service by service. Every failed call throws a `HoldfastError`. */
export interface Holdfast {
  /** Accounts, balances, charges and holds. */
  readonly core: CoreCalls;
  /** Prices, price books and what usage costs. */
  readonly pricing: ServiceCalls<typeof PricingService>;
  /** Currencies, exchange rates and conversions. */
  readonly exchange: ServiceCalls<typeof ExchangeRateService>;
  /** Metrics, alerts and the system's health. */
  readonly monitoring: ServiceCalls<typeof MonitoringService>;
  /** Payments, tokens, keys and the audit log. */
  readonly admin: ServiceCalls<typeof AdminService>;
  /** Closes the connections, in Node with the calls in flight. Idle connections keep no process alive. */
  close(): void;
}

/** A connection to a service. */
export interface Connection {
  readonly transport: Transport;
  close(): void;
}

/** Builds the client on connections that it opens where they are first needed. */
export function buildHoldfast(options: HoldfastOptions, connect: (url: string) => Connection): Holdfast {
  resolveBounds({}, options, true);
  const tokens = createTokenHolder(options.token);
  const opened: Connection[] = [];
  const open = <S extends DescService>(name: ServiceName, service: S): ServiceCalls<S> => {
    const url = addressOf(name, options);
    const connection = options.transport
      ? { transport: options.transport(url, name), close: () => {} }
      : connect(url);
    opened.push(connection);
    return callsOf(service, { transport: connection.transport, tokens, bounds: options });
  };
  const core = memoize(() => completeCore(open("core", services.core.service), options));
  const pricing = memoize(() => open("pricing", services.pricing.service));
  const exchange = memoize(() => open("exchange", services.exchange.service));
  const monitoring = memoize(() => open("monitoring", services.monitoring.service));
  const admin = memoize(() => open("admin", services.admin.service));
  return {
    get core() {
      return core();
    },
    get pricing() {
      return pricing();
    },
    get exchange() {
      return exchange();
    },
    get monitoring() {
      return monitoring();
    },
    get admin() {
      return admin();
    },
    close: () => {
      for (const connection of opened) connection.close();
    },
  };
}

function completeCore(calls: ServiceCalls<typeof BillingCoreService>, bounds: CallBounds): CoreCalls {
  return {
    ...calls,
    chargeBatch: chargeBatchUntilKnown(calls.chargeBatch, bounds),
    withReservation: createWithReservation(calls),
  };
}

function memoize<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

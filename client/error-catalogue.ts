import { type DescEnum, getOption, hasOption } from "@bufbuild/protobuf";
import type { ErrorReason as AdminReason } from "../gen/billing/admin/v1/error_reason_pb.ts";
import { ErrorReasonSchema as AdminReasons } from "../gen/billing/admin/v1/error_reason_pb.ts";
import type { ErrorReason as CoreReason } from "../gen/billing/core/v1/error_reason_pb.ts";
import { ErrorReasonSchema as CoreReasons } from "../gen/billing/core/v1/error_reason_pb.ts";
import type { ErrorReason as ExchangeReason } from "../gen/billing/exchange/v1/error_reason_pb.ts";
import { ErrorReasonSchema as ExchangeReasons } from "../gen/billing/exchange/v1/error_reason_pb.ts";
import type { ErrorReason as MonitoringReason } from "../gen/billing/monitoring/v1/error_reason_pb.ts";
import { ErrorReasonSchema as MonitoringReasons } from "../gen/billing/monitoring/v1/error_reason_pb.ts";
import { error as errorOption, Retry } from "../gen/billing/options/v1/options_pb.ts";
import type { ErrorReason as PricingReason } from "../gen/billing/pricing/v1/error_reason_pb.ts";
import { ErrorReasonSchema as PricingReasons } from "../gen/billing/pricing/v1/error_reason_pb.ts";
import type { ErrorReason as CommonReason } from "../gen/billing/type/v1/error_reason_pb.ts";
import { ErrorReasonSchema as CommonReasons } from "../gen/billing/type/v1/error_reason_pb.ts";

/** Every reason that a service may answer with. */
export type ServerReason = Exclude<
  | keyof typeof CommonReason
  | keyof typeof CoreReason
  | keyof typeof PricingReason
  | keyof typeof ExchangeReason
  | keyof typeof MonitoringReason
  | keyof typeof AdminReason,
  "UNSPECIFIED"
>;

/** Reasons that the client itself finds. */
export type ClientReason =
  /** No service answered, or its answer did not arrive whole; the effect is unknown. */
  | "UNREACHABLE"
  /** An answer without a reason that this version of the client knows; a newer one's name is in `metadata.reason`. */
  | "UNRECOGNISED"
  /** The token source failed; nothing was sent. */
  | "TOKEN_UNAVAILABLE";

/** Every reason of a `HoldfastError`. */
export type Reason = ServerReason | ClientReason;

/** What a reason means for the caller. */
export interface ReasonRule {
  readonly reason: Reason;
  /** Whether the same request, with the same idempotency key, may succeed later. */
  readonly retry: boolean;
  /** One sentence: what the caller should do. */
  readonly advice: string;
}

const clientRules: Readonly<Record<ClientReason, ReasonRule>> = {
  UNREACHABLE: {
    reason: "UNREACHABLE",
    retry: true,
    advice: "Check the address and the service; retry with the same idempotency key.",
  },
  UNRECOGNISED: {
    reason: "UNRECOGNISED",
    retry: false,
    advice: "Check that a Holdfast service is at the address and that the client is not older than it.",
  },
  TOKEN_UNAVAILABLE: {
    reason: "TOKEN_UNAVAILABLE",
    retry: false,
    advice: "Look at the cause: the function that gives tokens failed.",
  },
};

/** The rule of a reason that the client itself finds. */
export function clientRule(reason: ClientReason): ReasonRule {
  return clientRules[reason];
}

const reasonPrefix = "ERROR_REASON_";
const reasonEnums = [
  CommonReasons,
  CoreReasons,
  PricingReasons,
  ExchangeReasons,
  MonitoringReasons,
  AdminReasons,
];
const catalogues = new Map<string, ReadonlyMap<string, ReasonRule>>();

/**
 * The rule of a reason that a service of the package, for example `billing.core.v1`, answered with; undefined
 * if the contract of this client's version has none.
 */
export function serverRule(packageName: string, reason: string): ReasonRule | undefined {
  let catalogue = catalogues.get(packageName);
  if (catalogue === undefined) {
    catalogue = readCatalogue(packageName);
    catalogues.set(packageName, catalogue);
  }
  return catalogue.get(reason);
}

/** A service's own meaning of a name goes before the common one, and that before another service's. */
function readCatalogue(packageName: string): ReadonlyMap<string, ReasonRule> {
  const rank = (reasons: DescEnum) =>
    reasons.file.proto.package === packageName ? 2 : reasons === CommonReasons ? 1 : 0;
  const catalogue = new Map<string, ReasonRule>();
  for (const reasons of [...reasonEnums].sort((left, right) => rank(left) - rank(right))) {
    for (const value of reasons.values) {
      if (!hasOption(value, errorOption)) continue;
      const { retry, advice } = getOption(value, errorOption);
      const reason = value.name.slice(reasonPrefix.length) as ServerReason;
      catalogue.set(reason, { reason, retry: retry === Retry.SAME_REQUEST, advice });
    }
  }
  return catalogue;
}

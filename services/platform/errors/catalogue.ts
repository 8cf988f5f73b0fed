import { type DescEnum, getOption, hasOption } from "@bufbuild/protobuf";
import { error as errorOption, Retry } from "#gen/billing/options/v1/options_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/type/v1/error_reason_pb.ts";

/** What a reason means on the wire and for the caller. */
export interface ErrorRule {
  /** Name on the wire, for example `TOKEN_EXPIRED`. */
  readonly reason: string;
  /** google.rpc.Code, the same numbers as Connect's codes. */
  readonly code: number;
  readonly httpStatus: number;
  readonly retry: Retry;
  /** One sentence: what the caller should do. */
  readonly advice: string;
}

/** Reasons and their rules, by name. */
export type ErrorCatalogue = ReadonlyMap<string, ErrorRule>;

const reasonPrefix = "ERROR_REASON_";

/**
 * Reads the rules that the contract attaches to the reasons: the common ones and those of a service.
 *
 * @throws Error if a value carries no complete rule or a name appears twice with different meaning.
 */
export function buildErrorCatalogue(serviceReasons: readonly DescEnum[]): ErrorCatalogue {
  const catalogue = new Map<string, ErrorRule>();
  for (const reasons of [ErrorReasonSchema, ...serviceReasons]) {
    for (const value of reasons.values) {
      if (value.number === 0) continue;
      if (!value.name.startsWith(reasonPrefix))
        throw new Error(`${reasons.typeName}: ${value.name} does not begin with ${reasonPrefix}`);
      const reason = value.name.slice(reasonPrefix.length);
      if (!hasOption(value, errorOption))
        throw new Error(`${reasons.typeName}: ${value.name} has no error rule`);
      const { code, httpStatus, retry, advice } = getOption(value, errorOption);
      if (code === 0 || httpStatus === 0 || retry === Retry.UNSPECIFIED || advice === "") {
        throw new Error(`${reasons.typeName}: the error rule of ${value.name} is incomplete`);
      }
      const known = catalogue.get(reason);
      if (
        known !== undefined &&
        (known.code !== code || known.httpStatus !== httpStatus || known.retry !== retry)
      )
        throw new Error(`${reasons.typeName}: ${value.name} has another meaning elsewhere`);
      catalogue.set(reason, { reason, code, httpStatus, retry, advice });
    }
  }
  return catalogue;
}

import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { method as methodOption, Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { findOwnerFields, type OwnerFields } from "./owner-fields.ts";

/** Who may call a method and how large a request may be; read once from the contract. */
export interface MethodRule {
  readonly method: DescMethod;
  /** For logs and metrics: `billing.core.v1.BillingCoreService/Charge`. */
  readonly path: string;
  /** Empty only for methods that need no token. */
  readonly scope: string;
  readonly ownership: Ownership;
  /** Where the request names accounts and their resources. */
  readonly owners: OwnerFields;
  readonly maxRequestBytes: number;
}

/** What a method takes where the contract says nothing. */
export const defaultMaxRequestBytes = 1 << 20;

/**
 * The rule that the contract states for a method.
 *
 * @throws Error if the contract leaves it unsaid, so that a method without a rule never serves.
 */
export function methodRule(method: DescMethod): MethodRule {
  const path = methodPath(method);
  if (!hasOption(method, methodOption)) throw new Error(`${path} has no access rule`);
  const { scope, ownership, maxRequestBytes } = getOption(method, methodOption);
  if (scope === "" || ownership === Ownership.UNSPECIFIED)
    throw new Error(`the access rule of ${path} is incomplete`);
  const owners = findOwnerFields(method.input);
  if (ownership === Ownership.FIELD && owners.length === 0) {
    throw new Error(`${path} is owned by a field, but its request marks none`);
  }
  return {
    method,
    path,
    scope,
    ownership,
    owners,
    maxRequestBytes: maxRequestBytes || defaultMaxRequestBytes,
  };
}

/** A rule for health and reflection, which anybody may call. */
export function openMethodRule(method: DescMethod): MethodRule {
  return {
    method,
    path: methodPath(method),
    scope: "",
    ownership: Ownership.SHARED,
    owners: [],
    maxRequestBytes: defaultMaxRequestBytes,
  };
}

/**
 * The rule for a method of another service that is called on behalf of somebody: that service finds the owners of
 * what a request names, since it is called with a token of the same account.
 */
export function delegatedMethodRule(method: DescMethod): MethodRule {
  const rule = methodRule(method);
  return rule.ownership === Ownership.FIELD ? { ...rule, ownership: Ownership.SHARED } : rule;
}

/** All rules of a service. */
export function serviceRules(service: DescService): MethodRule[] {
  return service.methods.map(methodRule);
}

function methodPath(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

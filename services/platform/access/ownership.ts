import { Owner, Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { CommonError } from "../errors/common-error.ts";
import type { ServiceError } from "../errors/service-error.ts";
import type { Caller } from "./caller.ts";
import type { MethodRule } from "./method-rule.ts";
import { readOwnerValues } from "./owner-fields.ts";

/** How a service finds the account of a resource. */
export interface ResourceOwner {
  /** The account that the resource belongs to; undefined if there is no such resource. */
  accountOf(resourceId: string): string | undefined | Promise<string | undefined>;
  /** The error for a resource that does not exist, and so for a foreign one: they must look alike. */
  notFound(resourceId: string): ServiceError;
}

/** By the name of the field that holds the id, in the generated code's spelling. */
export type ResourceOwners = Readonly<Record<string, ResourceOwner>>;

/**
 * Lets an account-bound token act on its own account only. A foreign account is ACCOUNT_NOT_PERMITTED; a
 * foreign resource does not exist for the caller.
 */
export function authorise(
  rule: MethodRule,
  caller: Caller,
  request: object,
  owners: ResourceOwners,
): Promise<void> | undefined {
  if (caller.account === undefined || rule.ownership === Ownership.SHARED) return undefined;
  return authoriseBound(rule, caller, request, owners);
}

async function authoriseBound(
  rule: MethodRule,
  caller: Caller,
  request: object,
  owners: ResourceOwners,
): Promise<void> {
  if (rule.ownership === Ownership.OPERATOR) throw notPermitted("the method concerns the whole system");
  const named = readOwnerValues(rule.owners, request);
  if (named.length === 0) throw notPermitted("the request must name the token's account");
  for (const { ownerField, value } of named) {
    if (ownerField.kind === Owner.ACCOUNT) {
      if (value !== caller.account) throw notPermitted(`${ownerField.field.name} is another account`);
      continue;
    }
    const resource = owners[ownerField.field.localName];
    if (resource === undefined)
      throw new Error(`no way to find the owner of ${rule.path} ${ownerField.field.name}`);
    if ((await resource.accountOf(value)) !== caller.account) throw resource.notFound(value);
  }
}

/** Names of resource fields whose owner a service must be able to find, for a check at start. */
export function resourceFieldNames(rules: readonly MethodRule[]): string[] {
  const names = rules.flatMap((rule) =>
    rule.owners.filter(({ kind }) => kind === Owner.RESOURCE).map(({ field }) => field.localName),
  );
  return [...new Set(names)];
}

function notPermitted(why: string): CommonError {
  return new CommonError("ACCOUNT_NOT_PERMITTED", `the token is bound to one account: ${why}`);
}

import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { method as methodOption } from "#gen/billing/options/v1/options_pb.ts";
import { useSession } from "./session.ts";

/** The scope that a method needs, as the contract declares it. */
export function scopeOf(method: DescMethod): string {
  return getOption(method, methodOption).scope;
}

/** Whether the session may call a method: what it may not call is not offered. The server decides in any case. */
export function usePermission(): (method: DescMethod) => boolean {
  const { scopes } = useSession();
  return (method) => scopes.includes(scopeOf(method));
}

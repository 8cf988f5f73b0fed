import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import { Badge } from "../../design/badge.tsx";

/** Whether an account is open; the numbers of Core's and Admin's states are the same. */
export function AccountStateBadge({ state }: { state: number }) {
  switch (state) {
    case AccountState.ACTIVE:
      return <Badge tone="good">Active</Badge>;
    case AccountState.FROZEN:
      return <Badge tone="warning">Frozen</Badge>;
    case AccountState.CLOSED:
      return <Badge icon="lock">Closed</Badge>;
    default:
      return <Badge>Unknown</Badge>;
  }
}

import { createClient } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Balance } from "#gen/billing/core/v1/balance_pb.ts";
import type { WatchBalanceResponse } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { useLive } from "../../data/live.ts";
import { transport } from "../../data/transport.ts";

const core = createClient(BillingCoreService, transport);

/** Core sends a sign of life every 15 s. */
const quietMs = 45_000;
/** Lists are read again at most so often while changes stream in. */
const refreshMs = 400;

/** The balance of an account, live; its lists are read again when it changes. */
export function useBalance(accountId: string) {
  const read = useQuery(BillingCoreService.method.getBalance, { accountId });
  const [live, setLive] = useState<Balance>();
  const sequence = useRef(0n);
  const refresh = useRefresh();
  const onEvent = ({ event }: WatchBalanceResponse) => {
    const balance =
      event.case === "snapshot"
        ? event.value
        : event.case === "change"
          ? event.value.transaction?.balanceAfter
          : undefined;
    if (balance === undefined) return;
    sequence.current = balance.sequence;
    setLive(balance);
    if (event.case === "change") refresh();
  };
  useLive<WatchBalanceResponse>({
    key: accountId,
    quietMs,
    onEvent,
    open: (signal) =>
      core.watchBalance({ accountId, afterSequence: sequence.current }, { signal, timeoutMs: 0 }),
  });
  const known = read.data?.balance;
  const isLiveNewer = live?.accountId === accountId && live.sequence >= (known?.sequence ?? 0n);
  // Changes carry no grants: those last read stay until they are read again.
  const balance = isLiveNewer ? { ...live, grants: known?.grants ?? live.grants } : known;
  return { read, balance };
}

/** Reads what hangs on the balance again, once for many changes. */
function useRefresh(): () => void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries();
    }, refreshMs);
  };
}

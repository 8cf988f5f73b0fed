import { createClient } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData, useQueryClient } from "@tanstack/react-query";
import type { WatchMetricsResponse } from "#gen/billing/monitoring/v1/metric_rpc_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { useLive } from "../../data/live.ts";
import { transport } from "../../data/transport.ts";

const monitoring = createClient(MonitoringService, transport);

/** Changes are sent so often, and signs of life between them. */
const interval = { seconds: 2n };
const quietMs = 20_000;
const watched = ["billing_charges_total", "billing_credited_total", "billing_open_holds"] as const;
/** Health and alerts change without the watched figures. */
const refreshMs = 15_000;

/** The overview of a range that ends now, read again whenever money moves. */
export function useOverview(seconds: number) {
  const client = useQueryClient();
  useLive<WatchMetricsResponse>({
    key: "overview",
    quietMs,
    open: (signal) =>
      monitoring.watchMetrics(
        {
          queries: watched.map((metric) => ({ metric })),
          range: { seconds: 300n },
          step: { seconds: 60n },
          interval,
        },
        { signal, timeoutMs: 0 },
      ),
    onEvent: ({ event }) => {
      if (event.case === "change") void client.invalidateQueries();
    },
  });
  return useQuery(
    MonitoringService.method.getOverview,
    { range: { seconds: BigInt(seconds) }, maxPoints: 60 },
    { placeholderData: keepPreviousData, refetchInterval: refreshMs },
  );
}

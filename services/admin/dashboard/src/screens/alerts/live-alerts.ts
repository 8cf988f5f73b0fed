import { createClient } from "@connectrpc/connect";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type Alert, AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import type { WatchAlertsResponse } from "#gen/billing/monitoring/v1/alert_rpc_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import type { Failure } from "../../data/failure.ts";
import { useLive } from "../../data/live.ts";
import { transport } from "../../data/transport.ts";

const monitoring = createClient(MonitoringService, transport);

/** Monitoring sends a sign of life every 15 s. */
const quietMs = 45_000;

/** What is on now; undefined until the first word. */
export interface LiveAlerts {
  readonly alerts: readonly Alert[] | undefined;
  /** There are more than the stream names. */
  readonly isCut: boolean;
  readonly refusal: Failure | undefined;
}

const isOn = ({ state }: Alert) => state === AlertState.PENDING || state === AlertState.FIRING;

/** All alerts that are pending or firing, live. */
export function useLiveAlerts(): LiveAlerts {
  const [known, setKnown] = useState<ReadonlyMap<string, Alert>>();
  const [isCut, setCut] = useState(false);
  const sequence = useRef(0n);
  const client = useQueryClient();
  const onEvent = (answer: WatchAlertsResponse) => {
    sequence.current = answer.sequence;
    const { event } = answer;
    if (event.case === "snapshot") {
      setKnown(new Map(event.value.alerts.map((alert) => [alert.alertId, alert])));
      setCut(event.value.truncated);
    } else if (event.case === "changed") {
      const alert = event.value;
      setKnown((before) => {
        const after = new Map(before);
        if (isOn(alert)) after.set(alert.alertId, alert);
        else after.delete(alert.alertId);
        return after;
      });
      void client.invalidateQueries();
    }
  };
  const refusal = useLive<WatchAlertsResponse>({
    key: "alerts",
    quietMs,
    onEvent,
    open: (signal) => monitoring.watchAlerts({ afterSequence: sequence.current }, { signal, timeoutMs: 0 }),
  });
  return { alerts: known && [...known.values()], isCut, refusal };
}

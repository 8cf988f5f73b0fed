import { durationMs } from "@bufbuild/protobuf/wkt";
import type { RedisHealth } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { formatNumber } from "../../data/exact.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { durationText } from "../../design/time.tsx";
import { MemoryBar } from "./memory-bar.tsx";

const fsyncTexts: Readonly<Record<string, string>> = {
  always: "on disk before each answer",
  everysec: "on disk within a second",
  no: "on disk when the system likes",
};

/** How Redis keeps the ledger, over all its servers. */
export function RedisCard({ of }: { of: RedisHealth }) {
  const { replicaLag, appendFsync } = of;
  const evictions = (
    <Badge key="evictions" tone={of.evictedKeys === 0n ? "good" : "danger"}>
      {of.evictedKeys === 0n ? "none" : `${formatNumber(of.evictedKeys)}: money is lost`}
    </Badge>
  );
  return (
    <Card title="Where the ledger is kept" hint={of.server}>
      <div className="stack">
        <MemoryBar usedBytes={of.usedMemoryBytes} maxBytes={of.maxMemoryBytes} />
        <Facts
          of={[
            [
              "Append-only file",
              <Badge key="file" tone={of.appendOnly && of.lastAppendSucceeded ? "good" : "danger"}>
                {!of.appendOnly ? "off" : of.lastAppendSucceeded ? "on" : "last write failed"}
              </Badge>,
            ],
            ["A write is", fsyncTexts[appendFsync] ?? appendFsync],
            ["Evicted keys", evictions],
            ["Servers that take writes", formatNumber(of.primaryCount)],
            ["Replicas", formatNumber(of.replicaCount)],
            ["Slowest replica is behind by", replicaLag && durationText(durationMs(replicaLag))],
          ]}
        />
      </div>
    </Card>
  );
}

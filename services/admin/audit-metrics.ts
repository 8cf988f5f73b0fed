import { Gauge } from "@prometheus-io/client";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { AuditStore } from "./store/audit-store.ts";

/** Shows how long the audit log is, so that an alert can tell when to archive. */
export function observeAuditLog(
  { registry }: Metrics,
  store: Pick<AuditStore, "readHead" | "readCut">,
): void {
  new Gauge({
    name: "billing_admin_audit_entries",
    help: "Entries of the audit log that are not archived, about 1 KB each",
    registers: [registry],
    async collect() {
      // A store that does not answer leaves the figure of before, not the whole page empty.
      await Promise.all([store.readHead(), store.readCut()]).then(
        ([head, cut]) => this.set(head.sequence - cut.sequence),
        () => {},
      );
    },
  });
}

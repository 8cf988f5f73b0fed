import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { AuditResult } from "#gen/billing/admin/v1/audit_pb.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { FilterBar, SearchFilter, SelectFilter } from "../../design/filter-bar.tsx";
import { PageHeader } from "../../design/page.tsx";
import { Pager, usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { Table } from "../../design/table.tsx";
import { usePermission } from "../../session/permission.ts";
import { auditColumns } from "./audit-columns.tsx";
import { EntryDialog } from "./entry-dialog.tsx";
import { ExportDialog } from "./export-dialog.tsx";
import { VerifyDialog } from "./verify-dialog.tsx";

const results = [
  ["", "Any result"],
  ["succeeded", "Done"],
  ["refused", "Refused"],
  ["failed", "Failed"],
  ["unknown", "Unknown"],
] as const;

const resultOf: Readonly<Record<string, AuditResult>> = {
  succeeded: AuditResult.SUCCEEDED,
  refused: AuditResult.REFUSED,
  failed: AuditResult.FAILED,
  unknown: AuditResult.UNKNOWN,
};

const targets = [
  ["", "Anything"],
  ["account", "Accounts"],
  ["adjustment", "Adjustments"],
  ["reservation", "Reservations"],
  ["transaction", "Transactions"],
  ["payment", "Payments"],
  ["stripe_event", "Stripe events"],
  ["price", "Prices"],
  ["price_import", "Price imports"],
  ["rate", "Rates"],
  ["held_rate", "Held rates"],
  ["alert_rule", "Alert rules"],
  ["silence", "Silences"],
  ["channel", "Channels"],
  ["admin_key", "Admin keys"],
  ["token", "Tokens"],
  ["session", "Sessions"],
] as const;

/** Who changed what, when and why; and whether the log is as it was written. */
export function Page() {
  const [open, setOpen] = useState<"verify" | "export">();
  const may = usePermission();
  return (
    <>
      <PageHeader
        title="Audit"
        about="Every change and every refused try, each entry bound to the one before it."
        actions={
          <>
            {may(AdminService.method.exportAuditLog) && (
              <Button icon="down" onClick={() => setOpen("export")}>
                Export
              </Button>
            )}
            <Button look="primary" icon="lock" onClick={() => setOpen("verify")}>
              Verify the log
            </Button>
          </>
        }
      />
      <Entries />
      {open === "verify" && <VerifyDialog onClose={() => setOpen(undefined)} />}
      {open === "export" && <ExportDialog onClose={() => setOpen(undefined)} />}
    </>
  );
}

/** A filter field of an id takes only what ids are made of; anything else finds nothing. */
function validId(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_.:@-]/g, "").slice(0, 128);
}

function Entries() {
  const [parameters] = useSearchParams();
  const [shown, setShown] = useUrlState("entry");
  const [request, setRequest] = useUrlState("request");
  const accountId = validId(parameters.get("q") ?? "");
  const result = resultOf[parameters.get("result") ?? ""] ?? AuditResult.UNSPECIFIED;
  const targetType = parameters.get("target") ?? "";
  const found = useQuery(
    AdminService.method.listAuditLog,
    { accountId, result, targetType, requestId: request, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  const isFiltered = [accountId, targetType, request].some((text) => text !== "") || result !== 0;
  return (
    <Card flush>
      <FilterBar>
        <SearchFilter label="Account id" />
        <SelectFilter name="target" label="Target" options={targets} />
        <SelectFilter name="result" label="Result" options={results} />
        {request !== "" && (
          <Button size="s" icon="close" onClick={() => setRequest("")}>
            Only request {request.slice(0, 8)}…
          </Button>
        )}
      </FilterBar>
      <Loaded from={found} lines={8}>
        {({ entries, nextPageToken }) => (
          <>
            <Table
              label="Audit log"
              columns={auditColumns}
              rows={entries}
              keyOf={({ sequence }) => String(sequence)}
              empty={
                <EmptyState title={isFiltered ? "No entry fits" : "Nothing happened yet"} icon="audit">
                  {isFiltered ? "Take a filter away to see more." : "Every change appears here at once."}
                </EmptyState>
              }
            />
            <Pager count={entries.length} noun="entries" nextPageToken={nextPageToken} />
            {entries
              .filter(({ sequence }) => String(sequence) === shown)
              .map((entry) => (
                <EntryDialog key={shown} entry={entry} onClose={() => setShown("")} />
              ))}
          </>
        )}
      </Loaded>
    </Card>
  );
}

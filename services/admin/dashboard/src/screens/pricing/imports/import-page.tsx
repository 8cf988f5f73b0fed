import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import {
  type ImportCounts,
  ImportState,
  ImportTriggerSchema,
  type PriceImport,
} from "#gen/billing/pricing/v1/price_import_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { enumText } from "../../../data/enum-text.ts";
import { formatNumber } from "../../../data/exact.ts";
import { titleOf } from "../../../data/failure.ts";
import { usePathId } from "../../../data/path-id.ts";
import { Button } from "../../../design/button.tsx";
import { Card } from "../../../design/card.tsx";
import { Facts, Stat, StatRow } from "../../../design/facts.tsx";
import { Icon } from "../../../design/icon.tsx";
import { PageHeader } from "../../../design/page.tsx";
import { usePageToken } from "../../../design/pager.tsx";
import { Loaded } from "../../../design/states.tsx";
import { TimeAgo, TimeAt } from "../../../design/time.tsx";
import { usePermission } from "../../../session/permission.ts";
import { ApplyDialog } from "./apply-dialog.tsx";
import { ChangeList, useChangeFilter } from "./change-list.tsx";
import { ImportBadge } from "./import-badges.tsx";
import { RejectDialog } from "./reject-dialog.tsx";
import { RollbackDialog } from "./rollback-dialog.tsx";

/** The review of an import: what is new, changed, removed or suspicious, and the decision. */
export function Page() {
  const importId = usePathId("importId");
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const found = useQuery(
    PricingService.method.getImport,
    { importId, ...useChangeFilter(), pageSize: 50, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  const known = found.data?.import;
  return (
    <>
      <PageHeader
        title={known ? `Import from ${known.sourceId}` : "Import"}
        back={{ href: "/pricing?tab=imports", label: "Imports" }}
        badges={known && <ImportBadge state={known.state} />}
        about={
          known && (
            <>
              Read <TimeAgo at={known.createdAt} /> by{" "}
              {enumText(ImportTriggerSchema, known.trigger).toLowerCase()}
            </>
          )
        }
        actions={known && <Actions of={known} chosen={chosen} onDone={() => choose(new Set())} />}
      />
      <div className="stack">
        <Loaded from={found} lines={8}>
          {({ import: shown, changes, nextPageToken }) =>
            shown && (
              <>
                {shown.errorReason && <Failed of={shown} />}
                {shown.counts && <Counts of={shown.counts} />}
                <ChangeList
                  changes={changes}
                  nextPageToken={nextPageToken}
                  chosen={chosen}
                  choose={isOpen(shown) ? choose : undefined}
                />
                <About of={shown} />
              </>
            )
          }
        </Loaded>
      </div>
    </>
  );
}

/** Whether changes wait for a decision. */
function isOpen({ state }: PriceImport): boolean {
  return state === ImportState.PENDING || state === ImportState.PARTIALLY_APPLIED;
}

const dialogs = { apply: ApplyDialog, reject: RejectDialog, rollback: RollbackDialog } as const;

function Actions({
  of,
  chosen,
  onDone,
}: {
  of: PriceImport;
  chosen: ReadonlySet<string>;
  onDone: () => void;
}) {
  const [shown, show] = useState<keyof typeof dialogs>();
  const may = usePermission();
  const { rollbackImport, rejectImport, applyImport } = PricingService.method;
  const Shown = shown && dialogs[shown];
  const which = chosen.size > 0 ? ` ${formatNumber(chosen.size)} chosen` : "";
  const isApplied = of.state === ImportState.APPLIED || of.state === ImportState.PARTIALLY_APPLIED;
  return (
    <>
      {may(rollbackImport) && isApplied && (
        <Button icon="refund" onClick={() => show("rollback")}>
          Roll back
        </Button>
      )}
      {may(rejectImport) && isOpen(of) && (
        <Button icon="close" onClick={() => show("reject")}>
          Reject{which}
        </Button>
      )}
      {may(applyImport) && isOpen(of) && (
        <Button look="primary" icon="check" onClick={() => show("apply")}>
          Approve{which}
        </Button>
      )}
      {Shown && (
        <Shown
          of={of}
          chosen={[...chosen]}
          onClose={() => {
            show(undefined);
            onDone();
          }}
        />
      )}
    </>
  );
}

function Failed({ of }: { of: PriceImport }) {
  return (
    <div className="failure" role="alert">
      <Icon name="danger" size={20} />
      <div className="failure-text">
        <p className="failure-title">{titleOf(of.errorReason)}</p>
        <p>{of.errorMessage}</p>
        <p>The catalogue is as it was before.</p>
      </div>
    </div>
  );
}

function Counts({ of }: { of: ImportCounts }) {
  return (
    <StatRow>
      <Stat name="New" value={formatNumber(of.newCount)} note="the catalogue has not" />
      <Stat name="Changed" value={formatNumber(of.changedCount)} note="with other terms" />
      <Stat name="Removed" value={formatNumber(of.removedCount)} note="no longer in the list" />
      <Stat
        name="Suspicious"
        value={formatNumber(of.heldCount)}
        note={of.heldCount === 0 ? "the guard holds nothing" : "held by the guard"}
      />
      <Stat name="Waiting" value={formatNumber(of.pendingCount)} note="for a decision" />
    </StatRow>
  );
}

function About({ of }: { of: PriceImport }) {
  return (
    <Card title="About this import">
      <Facts
        of={[
          ["Import", <code key="id">{of.importId}</code>],
          ["Read", <TimeAt key="read" at={of.createdAt} />],
          ["List", of.contentBytes > 0n ? `${formatNumber(of.contentBytes)} bytes` : "none was read"],
          ["SHA-256 of the list", of.contentSha256 && <code key="sha">{of.contentSha256}</code>],
          ["Unchanged", formatNumber(of.counts?.unchangedCount ?? 0)],
          ["Skipped", formatNumber(of.counts?.skippedCount ?? 0)],
          ["Applied", formatNumber(of.counts?.appliedCount ?? 0)],
          ["Conflicts", formatNumber(of.counts?.conflictCount ?? 0)],
          ["Decided", of.decidedAt && <TimeAt key="decided" at={of.decidedAt} />],
          ["By", of.decidedBy],
          ["Why", of.comment],
        ]}
      />
    </Card>
  );
}

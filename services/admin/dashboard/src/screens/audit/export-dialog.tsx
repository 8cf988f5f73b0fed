import { toJsonString } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { useEffect, useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { AuditEntrySchema } from "#gen/billing/admin/v1/audit_pb.ts";
import { countText, formatNumber } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Icon } from "../../design/icon.tsx";
import { FailureNote } from "../../design/states.tsx";
import "./audit.css";

const admin = createClient(AdminService, transport);

/** More is for the RPC ExportAuditLog: a browser keeps the file in memory until it is whole. */
const maxEntries = 100_000;
const rereadsAfterLoss = 5;

interface Progress {
  readonly count: number;
  readonly href?: string;
  readonly isCut?: boolean;
  readonly error?: unknown;
}

/** Fetches the log, oldest first, as a file of one JSON object to a line. */
export function ExportDialog({ onClose }: { onClose: () => void }) {
  const [progress, setProgress] = useState<Progress>({ count: 0 });
  useEffect(() => {
    const leaving = new AbortController();
    let made: string | undefined;
    void collect((now) => {
      made = now.href ?? made;
      setProgress(now);
    }, leaving.signal);
    return () => {
      leaving.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, []);
  const { count, href, isCut, error } = progress;
  return (
    <Dialog
      title="Export the audit log"
      about="One JSON object to a line, oldest first, with the HMACs, so that the chain can be checked elsewhere."
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{href ? "Close" : "Stop"}</Button>
          {href && (
            <a className="button button-primary button-m" href={href} download="audit-log.jsonl">
              <Icon name="down" size={16} /> Save {countText(count, "entries")}
            </a>
          )}
        </>
      }
    >
      {error !== undefined && <FailureNote error={error} />}
      {!href && error === undefined && (
        <p className="row" role="status">
          <span className="spinner" aria-hidden="true" /> {countText(count, "entries")} fetched …
        </p>
      )}
      {href && (
        <p className="verdict verdict-good" role="status">
          <Icon name="check" size={20} /> {countText(count, "entries")}, ready to be saved
        </p>
      )}
      {isCut && (
        <p className="soft">
          The page fetches {formatNumber(maxEntries)} entries at most; the RPC ExportAuditLog gives all.
        </p>
      )}
    </Dialog>
  );
}

async function collect(tell: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
  const lines: string[] = [];
  let next = 0n;
  for (let failures = 0; ; failures += 1) {
    try {
      for await (const { entries, complete } of admin.exportAuditLog(
        { fromSequence: next },
        { signal, timeoutMs: 0 },
      )) {
        for (const entry of entries) {
          lines.push(`${toJsonString(AuditEntrySchema, entry)}\n`);
          next = entry.sequence + 1n;
        }
        const isCut = lines.length >= maxEntries;
        if (complete || isCut) return tell({ count: lines.length, isCut, href: fileOf(lines) });
        tell({ count: lines.length });
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      if (failures >= rereadsAfterLoss) return tell({ count: lines.length, error });
    }
  }
}

function fileOf(lines: string[]): string {
  return URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
}

import { createClient } from "@connectrpc/connect";
import { useEffect, useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { AuditFaultKindSchema } from "#gen/billing/admin/v1/audit_pb.ts";
import type { VerifyAuditLogResponse } from "#gen/billing/admin/v1/audit_rpc_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { countText, formatNumber } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { Button } from "../../design/button.tsx";
import { CopyText } from "../../design/copy-text.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Facts } from "../../design/facts.tsx";
import { Icon } from "../../design/icon.tsx";
import { FailureNote } from "../../design/states.tsx";
import "./audit.css";

const admin = createClient(AdminService, transport);

interface Progress {
  readonly checkedCount: bigint;
  readonly answer?: VerifyAuditLogResponse;
  readonly error?: unknown;
}

/** Checks every entry of the log, part by part, and says what was found. */
export function VerifyDialog({ onClose }: { onClose: () => void }) {
  const [progress, setProgress] = useState<Progress>({ checkedCount: 0n });
  useEffect(() => {
    const leaving = new AbortController();
    void verifyAll(setProgress, leaving.signal);
    return () => leaving.abort();
  }, []);
  const { answer, error } = progress;
  const isDone = answer?.nextSequence === 0n || error !== undefined;
  return (
    <Dialog
      title="Verify the audit log"
      about="Each entry carries an HMAC over itself and the entry before: what was altered, cut out or put in shows."
      onClose={onClose}
      footer={
        <Button look="primary" onClick={onClose}>
          {isDone ? "Close" : "Stop"}
        </Button>
      }
    >
      {error !== undefined && <FailureNote error={error} />}
      {!isDone && (
        <p className="row" role="status">
          <span className="spinner" aria-hidden="true" /> {countText(progress.checkedCount, "entries")}
          checked …
        </p>
      )}
      {isDone && answer && <Verdict answer={answer} checkedCount={progress.checkedCount} />}
    </Dialog>
  );
}

async function verifyAll(tell: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
  let checkedCount = 0n;
  let fromSequence = 0n;
  try {
    do {
      const answer = await admin.verifyAuditLog({ fromSequence }, { signal });
      checkedCount += answer.checkedCount;
      fromSequence = answer.nextSequence;
      tell({ checkedCount, answer });
    } while (fromSequence !== 0n);
  } catch (error) {
    if (!signal.aborted) tell({ checkedCount, error });
  }
}

function Verdict({ answer, checkedCount }: { answer: VerifyAuditLogResponse; checkedCount: bigint }) {
  const { firstFault } = answer;
  return (
    <div className="stack" role="status">
      <p className={firstFault ? "verdict verdict-bad" : "verdict verdict-good"}>
        <Icon name={firstFault ? "danger" : "check"} size={20} />
        {firstFault
          ? `Entry ${firstFault.sequence} is not as it was written`
          : "The log is as it was written"}
      </p>
      <Facts
        of={[
          ["Entries checked", formatNumber(checkedCount)],
          ["Fault", firstFault && enumText(AuditFaultKindSchema, firstFault.kind)],
          ["In words", firstFault?.description],
          ["Newest entry", formatNumber(answer.headSequence)],
          ["Its HMAC", <CopyText key="hmac" text={answer.headHmac} />],
        ]}
      />
      {!firstFault && (
        <p className="soft">
          Keep the number and HMAC of the newest entry elsewhere: a later verification against them also shows
          whether the end was cut off.
        </p>
      )}
    </div>
  );
}

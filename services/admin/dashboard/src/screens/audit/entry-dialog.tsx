import { Link } from "wouter";
import type { AuditEntry } from "#gen/billing/admin/v1/audit_pb.ts";
import { titleOf } from "../../data/failure.ts";
import { CopyText } from "../../design/copy-text.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Facts } from "../../design/facts.tsx";
import { TimeAt } from "../../design/time.tsx";
import { AccountLink, actionText, actorText, ResultBadge, Target } from "./audit-columns.tsx";
import "./audit.css";
import { changesOf } from "./changes.ts";

/** One entry of the audit log: who, why, and each value before and after. */
export function EntryDialog({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  return (
    <Dialog
      title={actionText(entry.action)}
      about={
        <>
          Entry {String(entry.sequence)} of <TimeAt at={entry.at} />
        </>
      }
      onClose={onClose}
    >
      <div className="stack">
        <Facts of={factsOf(entry)} />
        <Changes of={entry} />
        <details className="audit-proof">
          <summary>How it is bound to the entry before</summary>
          <Facts
            of={[
              ["Its HMAC", <CopyText key="hmac" text={entry.hmac} />],
              ["Of the entry before", <CopyText key="previous" text={entry.previousHmac} />],
              ["Key", <code key="key">{entry.hmacKeyId}</code>],
            ]}
          />
        </details>
      </div>
    </Dialog>
  );
}

function factsOf(entry: AuditEntry) {
  const { actor } = entry;
  return [
    ["Result", <ResultBadge key="result" of={entry.result} />],
    ["Refused because", entry.errorReason && titleOf(entry.errorReason)],
    ["Reason", entry.reason],
    ["Who", [actor?.subject, actorText(actor)].filter(Boolean).join(", ")],
    ["Key", actor?.keyId && <code key="key">{actor.keyId}</code>],
    ["From", entry.address],
    ["Target", entry.targetType && <Target key="target" of={entry} />],
    ["Account", entry.accountId && <AccountLink key="account" id={entry.accountId} />],
    ["Method", <code key="method">{entry.action}</code>],
    [
      "Request",
      entry.requestId && (
        <Link key="request" href={`/audit?request=${encodeURIComponent(entry.requestId)}`}>
          <code>{entry.requestId}</code>
        </Link>
      ),
    ],
  ] as const;
}

function Changes({ of }: { of: AuditEntry }) {
  const changes = changesOf(of.beforeJson, of.afterJson);
  return (
    <section className="audit-changes" aria-label="What changed">
      <h3>What changed</h3>
      {of.erased && <p className="soft">Personal data were erased from it later; the chain still holds.</p>}
      {changes.length === 0 && <p className="soft">Nothing, or nothing that is kept.</p>}
      {changes.length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: a frame that scrolls, not a group of fields
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <div className="table-frame" role="group" aria-label="Values before and after" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Value</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
              </tr>
            </thead>
            <tbody>
              {changes.map(({ path, before, after }) => (
                <tr key={path}>
                  <th scope="row">{path}</th>
                  <td className="audit-before">{before ?? "–"}</td>
                  <td>{after ?? "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

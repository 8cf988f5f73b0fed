import { Link, useSearchParams } from "wouter";
import { type Actor, ActorType } from "#gen/billing/admin/v1/actor_pb.ts";
import { type AuditEntry, AuditResult } from "#gen/billing/admin/v1/audit_pb.ts";
import { msOf } from "../../data/clock.ts";
import { titleOf } from "../../data/failure.ts";
import { searchWith } from "../../data/url-state.ts";
import { Badge, type Tone } from "../../design/badge.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAt } from "../../design/time.tsx";

const resultTexts: Readonly<Record<AuditResult, readonly [text: string, tone: Tone]>> = {
  [AuditResult.UNSPECIFIED]: ["–", "neutral"],
  [AuditResult.SUCCEEDED]: ["Done", "good"],
  [AuditResult.REFUSED]: ["Refused", "warning"],
  [AuditResult.FAILED]: ["Failed", "danger"],
  [AuditResult.UNKNOWN]: ["Unknown", "warning"],
};

/** How an audited action ended. */
export function ResultBadge({ of }: { of: AuditResult }) {
  const [text, tone] = resultTexts[of] ?? ["Unknown", "warning"];
  return <Badge tone={tone}>{text}</Badge>;
}

/** "billing.admin.v1.AdminService/AdjustBalance" → "Adjust balance"; "session.begin" → "Session begin". */
export function actionText(action: string): string {
  const name = action.slice(action.lastIndexOf("/") + 1);
  return titleOf(name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").replaceAll(".", "_"));
}

const actorTexts: Readonly<Record<ActorType, string>> = {
  [ActorType.UNSPECIFIED]: "",
  [ActorType.ADMIN_KEY]: "admin key",
  [ActorType.TOKEN]: "token",
  [ActorType.SERVICE]: "service",
  [ActorType.STRIPE]: "Stripe",
  [ActorType.SYSTEM]: "Admin itself",
};

/** What kind of caller somebody was, in words. */
export function actorText(actor: Actor | undefined): string {
  return actorTexts[actor?.type ?? ActorType.UNSPECIFIED] ?? "";
}

function Action({ entry }: { entry: AuditEntry }) {
  const [parameters] = useSearchParams();
  return (
    <>
      <Link href={searchWith(parameters, { entry: String(entry.sequence) })} className="table-link">
        {actionText(entry.action)}
      </Link>
      {entry.reason && <div className="labels">{entry.reason}</div>}
    </>
  );
}

/** The columns of the audit log. */
export const auditColumns: ReadonlyArray<Column<AuditEntry>> = [
  {
    id: "action",
    title: "What",
    compare: (left, right) => left.action.localeCompare(right.action),
    cell: (entry) => <Action entry={entry} />,
  },
  {
    id: "result",
    title: "Result",
    compare: (left, right) => left.result - right.result,
    cell: ({ result }) => <ResultBadge of={result} />,
  },
  {
    id: "target",
    title: "Target",
    isMinor: true,
    compare: (left, right) => left.targetId.localeCompare(right.targetId),
    cell: (entry) => <Target of={entry} />,
  },
  {
    id: "actor",
    title: "Who",
    isMinor: true,
    compare: (left, right) => (left.actor?.subject ?? "").localeCompare(right.actor?.subject ?? ""),
    cell: ({ actor }) => (
      <>
        {actor?.subject || "–"}
        <div className="labels">{actorText(actor)}</div>
      </>
    ),
  },
  {
    id: "at",
    title: "When",
    align: "right",
    compare: (left, right) => (msOf(left.at) ?? 0) - (msOf(right.at) ?? 0),
    cell: ({ at }) => <TimeAt at={at} brief />,
  },
];

/** What an action was about; an account leads to its page. */
export function Target({ of }: { of: AuditEntry }) {
  const { targetType, targetId, accountId } = of;
  const isAccount = targetType === "account" && accountId !== "";
  return (
    <>
      {isAccount ? <AccountLink id={accountId} /> : targetId || (targetType ? "" : "–")}
      {targetType && !isAccount && <div className="labels">{titleOf(targetType)}</div>}
    </>
  );
}

/** Leads to an account. */
export function AccountLink({ id }: { id: string }) {
  return <Link href={`/accounts/${encodeURIComponent(id)}`}>{id}</Link>;
}

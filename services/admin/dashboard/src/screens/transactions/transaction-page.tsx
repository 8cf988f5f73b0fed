import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";
import { Link } from "wouter";
import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import {
  type Leg,
  type Transaction,
  TransactionType,
  TransactionTypeSchema,
} from "#gen/billing/core/v1/transaction_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { readDecimal } from "../../data/exact.ts";
import { usePathId } from "../../data/path-id.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Facts, Stat, StatRow } from "../../design/facts.tsx";
import { Money } from "../../design/money.tsx";
import { PageHeader } from "../../design/page.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeAt } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { shortId } from "../reservations/reservation-columns.tsx";
import { Derivation } from "./derivation.tsx";
import { RefundDialog } from "./refund-dialog.tsx";

/** One journal entry: what moved, between which columns, and why this amount. */
export function Page() {
  const transactionId = usePathId("transactionId");
  const [isRefunding, setRefunding] = useState(false);
  const may = usePermission();
  const found = useQuery(BillingCoreService.method.getTransaction, { transactionId });
  const entry = found.data?.transaction;
  const account = entry && `/accounts/${encodeURIComponent(entry.accountId)}`;
  return (
    <>
      <PageHeader
        title={entry ? enumText(TransactionTypeSchema, entry.type) : "Journal entry"}
        back={{ href: account ?? "/accounts", label: entry?.accountId ?? "Accounts" }}
        badges={entry && <Refunded entry={entry} />}
        about={
          entry && (
            <>
              Entry {String(entry.sequence)} of {entry.accountId}, <TimeAt at={entry.createdAt} />
              {entry.description && <> · {entry.description}</>}
            </>
          )
        }
        actions={
          entry &&
          isRefundable(entry) &&
          may(BillingCoreService.method.refund) && (
            <Button icon="refund" onClick={() => setRefunding(true)}>
              Refund
            </Button>
          )
        }
      />
      <Loaded from={found}>{() => entry && <Details entry={entry} />}</Loaded>
      {entry && isRefunding && <RefundDialog entry={entry} onClose={() => setRefunding(false)} />}
    </>
  );
}

function isRefundable({ type, amount, refunded }: Transaction): boolean {
  const isDebit = type === TransactionType.CHARGE || type === TransactionType.COMMIT;
  return isDebit && readDecimal(amount?.amount).add(readDecimal(refunded?.amount)).isNegative();
}

function Refunded({ entry }: { entry: Transaction }) {
  if (readDecimal(entry.refunded?.amount).isZero()) return null;
  return isRefundable(entry) ? (
    <Badge tone="info">Partly refunded</Badge>
  ) : (
    <Badge tone="info">Refunded</Badge>
  );
}

function Details({ entry }: { entry: Transaction }) {
  const after = entry.balanceAfter;
  return (
    <div className="stack">
      <StatRow>
        <Stat
          big
          name="Amount"
          value={<Money of={entry.amount} signed />}
          note="the change of the posted balance"
        />
        <Stat name="Available after" value={<Money of={after?.available} />} />
        <Stat name="Reserved after" value={<Money of={after?.reserved} />} />
        <Stat name="Refunded so far" value={<Money of={entry.refunded} />} />
      </StatRow>
      {entry.derivation && <Derivation of={entry.derivation} check={entry.derivationCheck} />}
      <div className="columns">
        <Card flush title="Legs" hint="they sum to zero">
          <Table
            label="Legs"
            columns={legColumns}
            rows={entry.legs}
            keyOf={legKey}
            empty={<EmptyState title="No money moved">This entry changed the account's settings.</EmptyState>}
          />
        </Card>
        <Card title="Facts">
          <EntryFacts entry={entry} />
        </Card>
      </div>
    </div>
  );
}

function legKey({ column, grantId, amount }: Leg): string {
  return `${column} ${grantId} ${amount?.amount}`;
}

const legColumns: ReadonlyArray<Column<Leg>> = [
  {
    id: "column",
    title: "Column",
    cell: ({ column, kind, grantId }) => (
      <>
        {column}
        <div className="labels">
          {[
            kind === CreditKind.PROMOTIONAL ? "promotional" : "purchased",
            grantId && `grant ${shortId(grantId)}`,
          ]
            .filter(Boolean)
            .join(" · ")}
        </div>
      </>
    ),
  },
  { id: "amount", title: "Change", align: "right", cell: ({ amount }) => <Money of={amount} signed /> },
];

function EntryFacts({ entry }: { entry: Transaction }) {
  const { reservationId, originalTransactionId: original, uncollected } = entry;
  return (
    <Facts
      of={[
        [
          "Hold",
          reservationId && (
            <Link key="hold" href={`/reservations/${encodeURIComponent(reservationId)}`} className="mono">
              {shortId(reservationId)}
            </Link>
          ),
        ],
        [
          "Refunds or reverses",
          original && (
            <Link key="original" href={`/transactions/${encodeURIComponent(original)}`} className="mono">
              {shortId(original)}
            </Link>
          ),
        ],
        ["Source", entry.source],
        ["Reference", entry.externalReference],
        [
          "Uncollected",
          readDecimal(uncollected?.amount).isZero() ? "" : <Money key="uncollected" of={uncollected} />,
        ],
        ...Object.entries(entry.metadata),
        ["Idempotency key", entry.idempotencyKey && <code key="key">{entry.idempotencyKey}</code>],
        ["Id", <code key="id">{entry.transactionId}</code>],
      ]}
    />
  );
}

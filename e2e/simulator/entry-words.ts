import { type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { atomsOf } from "../testing/expected-cost.ts";

const typeNames = new Map<TransactionType, string>(
  Object.entries(TransactionType).map(([name, type]) => [type, name]),
);

/** For example "CHARGE". */
export function typeName(type: TransactionType): string {
  return typeNames.get(type) ?? String(type);
}

/** Available, reserved, funded, spent and expired after an entry. */
export function columnsAfter({ balanceAfter: after }: Pick<Transaction, "balanceAfter">): bigint[] {
  const columns = [after?.available, after?.reserved, after?.funded, after?.spent, after?.expired];
  return columns.map((column) => atomsOf(column?.amount ?? "0"));
}

/** An entry in one line, with everything that an answer and the journal must agree in. */
export function describeEntry(entry: Transaction): string {
  const { sequence, type, amount, idempotencyKey, reservationId, transactionId, externalReference } = entry;
  const names = [idempotencyKey, reservationId, externalReference].filter((name) => name !== "").join(" ");
  const legs = entry.legs.map((leg) => `${leg.column} ${leg.amount?.amount}`).join(", ");
  const columns = columnsAfter(entry).join(" ");
  return `#${sequence} ${typeName(type)} ${amount?.amount} [${legs}] → ${columns} ${names} (${transactionId})`;
}

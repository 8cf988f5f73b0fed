import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import type { Usage as UsageMessage } from "#gen/billing/type/v1/usage_pb.ts";
import type { CallOrigin, ServiceClient } from "#platform/client/service-client.ts";

/** Which usage of an account. */
export interface UsageQuery {
  readonly accountId: string;
  /** Inclusive, epoch milliseconds. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** Empty means every price. */
  readonly priceId: string;
  readonly maxLines: number;
  /** Whether the version is wanted by which each was charged; it takes a call for each transaction. */
  readonly withVersions: boolean;
}

/** A usage that an account's journal records. */
export interface RecordedUsage {
  readonly usage: UsageMessage;
  readonly transactionId: string;
  /** When it began: what it was priced by. */
  readonly atMs: number;
  /** The version that it was charged by; empty if that was not wanted, or Core does not say. */
  readonly versionId: string;
}

/** With its place among the usages of its transaction. */
interface PositionedUsage extends RecordedUsage {
  readonly position: number;
}

/** What an account really used, newest first. */
export type ReadAccountUsage = (
  query: UsageQuery,
  origin: CallOrigin,
) => Promise<{ readonly usages: readonly RecordedUsage[]; readonly isTruncated: boolean }>;

type Core = Pick<ServiceClient<typeof BillingCoreService>, "listTransactions" | "getTransaction">;

const pageSize = 1_000;
/** Transactions asked for at the same time. */
const callsAtOnce = 32;

/** Reads usage from Billing Core. Core's refusals and PEER_UNAVAILABLE pass through. */
export function createAccountUsageReader(core: Core): ReadAccountUsage {
  return async (query, origin) => {
    const usages: PositionedUsage[] = [];
    let pageToken = "";
    do {
      const page = await core.listTransactions(
        {
          accountId: query.accountId,
          types: [TransactionType.CHARGE, TransactionType.COMMIT],
          from: timestampFromMs(query.fromMs),
          until: timestampFromMs(query.toMs),
          pageSize,
          pageToken,
        },
        origin,
      );
      for (const transaction of page.transactions) {
        for (const [position, usage] of transaction.usages.entries()) {
          if (query.priceId !== "" && usage.priceId !== query.priceId) continue;
          if (usages.length === query.maxLines)
            return { usages: await complete(core, query, usages, origin), isTruncated: true };
          usages.push({ ...recorded(transaction, usage), position });
        }
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return { usages: await complete(core, query, usages, origin), isTruncated: false };
  };
}

function recorded({ transactionId, createdAt }: Transaction, usage: UsageMessage): RecordedUsage {
  const at = usage.at ?? createdAt;
  return { usage, transactionId, atMs: at === undefined ? 0 : timestampMs(at), versionId: "" };
}

/** The same with the versions and times by which they were charged, where these are wanted. */
async function complete(
  core: Core,
  { withVersions }: UsageQuery,
  usages: readonly PositionedUsage[],
  origin: CallOrigin,
): Promise<readonly RecordedUsage[]> {
  if (!withVersions) return usages;
  const ids = [...new Set(usages.map(({ transactionId }) => transactionId))];
  const transactions = new Map<string, Transaction | undefined>();
  for (let from = 0; from < ids.length; from += callsAtOnce) {
    const part = ids.slice(from, from + callsAtOnce);
    const answers = await Promise.all(
      part.map((transactionId) => core.getTransaction({ transactionId }, origin)),
    );
    for (const [index, { transaction }] of answers.entries()) transactions.set(part[index]!, transaction);
  }
  return usages.map((each) => {
    const priced = transactions.get(each.transactionId)?.derivation?.pricedUsages[each.position];
    if (priced === undefined) return each;
    const { priceVersion: versionId, at } = priced;
    return { ...each, versionId, atMs: at === undefined ? each.atMs : timestampMs(at) };
  });
}

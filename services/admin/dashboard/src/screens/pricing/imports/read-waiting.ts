import type { MessageInitShape } from "@bufbuild/protobuf";
import { type CallOptions, createClient } from "@connectrpc/connect";
import { type ImportChange, ImportChangeState } from "#gen/billing/pricing/v1/price_import_pb.ts";
import type { RejectImportRequestSchema } from "#gen/billing/pricing/v1/price_import_rpc_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { transport } from "../../../data/transport.ts";

export const pricing = createClient(PricingService, transport);

/** Pages that a preview reads; each has up to 1,000 changes. */
const maxPages = 20;

/** The changes that wait for a decision, as the server has them now; only the chosen ones if any are. */
export async function readWaiting(
  importId: string,
  chosen: readonly string[],
  options: CallOptions,
): Promise<ImportChange[]> {
  const found: ImportChange[] = [];
  let pageToken = "";
  for (let pages = 0; pages < maxPages; pages += 1) {
    const { changes, nextPageToken } = await pricing.getImport(
      { importId, state: ImportChangeState.PENDING, pageSize: 1_000, pageToken },
      options,
    );
    found.push(...changes);
    pageToken = nextPageToken;
    if (pageToken === "") break;
  }
  const wanted = new Set(chosen);
  return wanted.size === 0 ? found : found.filter(({ priceId }) => wanted.has(priceId));
}

type Selection = NonNullable<MessageInitShape<typeof RejectImportRequestSchema>["selection"]>;

/** What a decision is about: the chosen changes, or else every one that waits. */
export function selectionOf(chosen: readonly string[]): Selection {
  return chosen.length === 0
    ? { case: "all", value: {} }
    : { case: "chosen", value: { priceIds: [...chosen] } };
}

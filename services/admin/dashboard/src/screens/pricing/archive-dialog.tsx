import { createClient } from "@connectrpc/connect";
import type { Price } from "#gen/billing/pricing/v1/price_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { transport } from "../../data/transport.ts";
import { TimeAt } from "../../design/time.tsx";

const pricing = createClient(PricingService, transport);

/** Takes a price out of use in every book. */
export function ArchiveDialog({ price, onClose }: { price: Price; onClose: () => void }) {
  const { priceId, configVersion } = price;
  return (
    <ActionDialog
      title="Archive the price"
      about={`${priceId} is taken out of use in every book.`}
      confirmLabel="Archive"
      entries={priceId}
      preview={async () => price}
      showPreview={() => (
        <>
          <BeforeAfter name="State" before="In use" after="Archived" />
          <Line name="Refused" value="usage from now on" />
          <Line name="Goes on" value="settling of what is held, usage from before" />
        </>
      )}
      run={(draft) => pricing.archivePrice({ priceId, configVersion, comment: draft.reason }, draft.options)}
      showResult={({ price: after }) => <Line name="Archived" value={<TimeAt at={after?.archivedAt} />} />}
      onClose={onClose}
    />
  );
}

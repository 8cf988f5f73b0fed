import { createClient } from "@connectrpc/connect";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { Reservation } from "#gen/billing/core/v1/reservation_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { readDecimal } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { Money } from "../../design/money.tsx";

const core = createClient(BillingCoreService, transport);

/** Frees what a hold still keeps. */
export function ReleaseDialog({ hold, onClose }: { hold: Reservation; onClose: () => void }) {
  const { reservationId, accountId, remaining } = hold;
  return (
    <ActionDialog
      title="Release the hold"
      about="What remains becomes available again. A commit of the call that is still under way is refused then."
      confirmLabel="Release"
      isFinal
      reasonLength={[3, 255]}
      entries=""
      preview={async () => {
        const { balance } = await core.getBalance({ accountId });
        return balance?.available;
      }}
      showPreview={(available) => (
        <>
          <Line name="Freed" value={<Money of={remaining} />} />
          <BeforeAfter
            name={`Available to ${accountId}`}
            before={<Money of={available} />}
            after={
              <Money
                of={
                  available && {
                    currencyCode: available.currencyCode,
                    amount: readDecimal(available.amount).add(readDecimal(remaining?.amount)).toString(),
                  }
                }
              />
            }
          />
        </>
      )}
      run={({ idempotencyKey, reason, options }) =>
        core.release({ reservationId, idempotencyKey, description: reason }, options)
      }
      showResult={({ balance }) => <Line name="Available now" value={<Money of={balance?.available} />} />}
      onClose={onClose}
    />
  );
}

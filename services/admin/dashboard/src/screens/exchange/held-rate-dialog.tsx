import { createClient } from "@connectrpc/connect";
import {
  type HeldRate,
  HeldRateState,
  HeldRateStateSchema,
} from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { enumText } from "../../data/enum-text.ts";
import { transport } from "../../data/transport.ts";
import { TimeAt } from "../../design/time.tsx";
import { RateFigure } from "./rate-text.tsx";

const exchange = createClient(ExchangeRateService, transport);

/** Lets a held rate come into force, or turns it down. */
export function HeldRateDialog({
  held,
  approves,
  onClose,
}: {
  held: HeldRate;
  approves: boolean;
  onClose: () => void;
}) {
  const { heldRateId, published, lastGood, changePercent, others } = held;
  const pair = `1 ${published?.baseCurrency} in ${published?.quoteCurrency}`;
  const last = lastGood ? <RateFigure of={lastGood.publishedRate} /> : "no rate";
  return (
    <ActionDialog
      title={approves ? "Approve the rate" : "Reject the rate"}
      about={`${pair}, published by ${published?.provider}.`}
      confirmLabel={approves ? "Approve" : "Reject"}
      entries={heldRateId}
      preview={async () => held}
      showPreview={() => (
        <>
          <BeforeAfter
            name={pair}
            before={last}
            after={approves ? <RateFigure of={published?.publishedRate ?? ""} /> : last}
          />
          {changePercent && <Line name="It differs by" value={`${changePercent.replace("-", "−")} %`} />}
          <Line name="Published" value={<TimeAt at={published?.publishedAt} />} />
          {others.map(({ provider, publishedRate }) => (
            <Line key={provider} name={`${provider} says`} value={<RateFigure of={publishedRate} />} />
          ))}
        </>
      )}
      run={async (draft) => {
        const request = { heldRateId, comment: draft.reason };
        const { heldRate } = approves
          ? await exchange.approveHeldRate(request, draft.options)
          : await exchange.rejectHeldRate(request, draft.options);
        return heldRate?.state ?? HeldRateState.UNSPECIFIED;
      }}
      showResult={(state) => <Line name="Rate" value={enumText(HeldRateStateSchema, state)} />}
      onClose={onClose}
    />
  );
}

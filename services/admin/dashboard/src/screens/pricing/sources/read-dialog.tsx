import { createClient } from "@connectrpc/connect";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import type { PriceSource } from "#gen/billing/pricing/v1/price_source_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { queryClient } from "../../../data/query-client.ts";
import { transport } from "../../../data/transport.ts";
import { Button } from "../../../design/button.tsx";
import { Dialog } from "../../../design/dialog.tsx";
import { TextField } from "../../../design/field.tsx";
import { FailureNote } from "../../../design/states.tsx";

const pricing = createClient(PricingService, transport);
const readTimeoutMs = 300_000;
const maxBytes = 8 * 1_024 * 1_024;

/** Reads a price list and leads to the review of what it would change. It applies nothing. */
export function ReadDialog({ source, onClose }: { source: PriceSource; onClose: () => void }) {
  const { sourceId, settings } = source;
  const isUpload = settings?.location.case === "upload";
  const [file, setFile] = useState<File>();
  const [isReading, setReading] = useState(false);
  const [error, setError] = useState<unknown>();
  const [, navigate] = useLocation();
  const isTooLarge = (file?.size ?? 0) > maxBytes;
  const read = async (event: FormEvent) => {
    event.preventDefault();
    setReading(true);
    setError(undefined);
    try {
      const content = file ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
      const answer = await pricing.previewImport(
        { sourceId, content, pageSize: 1 },
        { timeoutMs: readTimeoutMs },
      );
      void queryClient.invalidateQueries();
      navigate(`/pricing/imports/${encodeURIComponent(answer.import?.importId ?? "")}`);
    } catch (thrown) {
      setError(thrown);
      setReading(false);
    }
  };
  return (
    <Dialog
      title="Read the list"
      about={`What ${sourceId} would change is shown for review. Nothing is applied; what waits from before is replaced by this reading.`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="read-list"
            busy={isReading}
            disabled={isTooLarge || (isUpload && file === undefined)}
          >
            Read it
          </Button>
        </>
      }
    >
      <form id="read-list" className="form" onSubmit={read}>
        <TextField
          label={isUpload ? "The list" : "A list in place of the source's own"}
          name="list"
          type="file"
          accept=".json,.csv,application/json,text/csv"
          hint={isUpload ? "At most 8 MiB." : "Empty: the list is fetched from the source. At most 8 MiB."}
          error={isTooLarge ? "The list is larger than 8 MiB." : ""}
          onChange={(event) => setFile(event.target.files?.[0])}
        />
        {error !== undefined && <FailureNote error={error} />}
      </form>
    </Dialog>
  );
}

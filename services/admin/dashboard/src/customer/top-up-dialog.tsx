import { createClient } from "@connectrpc/connect";
import { type FormEvent, useEffect, useEffectEvent, useId, useRef, useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { transport } from "../data/transport.ts";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { TextField } from "../design/field.tsx";
import { FailureNote } from "../design/states.tsx";

const admin = createClient(AdminService, transport);
const amountForm = /^[0-9]{1,12}([.][0-9]{1,3})?$/;

/** Asks for an amount and leads to the page that takes the card. */
export function TopUpDialog({
  accountId,
  currencyCode,
  onClose,
}: {
  accountId: string;
  currencyCode: string;
  onClose: () => void;
}) {
  const [amount, setAmount] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [wasTried, setWasTried] = useState(false);
  const formId = useId();
  // The same amount again is the same payment, also when its answer was lost.
  const keys = useRef(new Map<string, string>());
  // Whoever comes back by the browser's Back may pay again, and that is another payment.
  const forget = useEffectEvent((event: PageTransitionEvent) => event.persisted && onClose());
  useEffect(() => {
    const onShow = (event: PageTransitionEvent) => forget(event);
    addEventListener("pageshow", onShow);
    return () => removeEventListener("pageshow", onShow);
  }, []);
  const isGood = amountForm.test(amount.trim()) && /[1-9]/.test(amount);
  const pay = async (event: FormEvent) => {
    event.preventDefault();
    setWasTried(true);
    if (!isGood) return;
    setBusy(true);
    setError(undefined);
    const idempotencyKey = keys.current.get(amount) ?? crypto.randomUUID();
    keys.current.set(amount, idempotencyKey);
    try {
      const { checkoutUrl } = await admin.createCheckoutSession({
        accountId,
        amount: { currencyCode, amount: amount.trim() },
        idempotencyKey,
        successUrl: `${location.origin}/top-up/return?session={CHECKOUT_SESSION_ID}&to=page`,
        cancelUrl: `${location.origin}/`,
      });
      location.assign(checkoutUrl);
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Add money"
      about="You pay by card on the next page; the money is there as soon as it is paid."
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={formId} busy={busy}>
            Go to payment
          </Button>
        </>
      }
    >
      <form id={formId} className="form" onSubmit={pay} noValidate>
        <TextField
          label="Amount"
          name="amount"
          inputMode="decimal"
          placeholder="50.00"
          autoFocus
          suffix={currencyCode}
          value={amount}
          onChange={(event) => setAmount(event.target.value)}
          error={wasTried && !isGood ? "An amount such as 50 or 49.90." : ""}
        />
        {error !== undefined && <FailureNote error={error} />}
      </form>
    </Dialog>
  );
}

import { type CallOptions, Code, ConnectError } from "@connectrpc/connect";
import { type FormEvent, type ReactNode, useId, useRef, useState } from "react";
import { Link } from "wouter";
import { describeFailure } from "../data/failure.ts";
import { queryClient } from "../data/query-client.ts";
import { requestIdHeader } from "../data/transport.ts";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { TextArea } from "../design/field.tsx";
import { Icon } from "../design/icon.tsx";
import { FailureNote, Skeleton } from "../design/states.tsx";
import "./action-dialog.css";

/** What an action is carried out with. */
export interface ActionDraft {
  /** Why, as the operator said it; it goes into the audit log. */
  readonly reason: string;
  /** The same for every try of the same entries, so that the effect happens once. */
  readonly idempotencyKey: string;
  /** For the call: its request id leads to the entry in the audit log. */
  readonly options: CallOptions;
}

interface ActionDialogProps<Preview, Result> {
  readonly title: string;
  readonly about?: ReactNode;
  /** A verb: "Adjust". */
  readonly confirmLabel: string;
  /** For what cannot be undone. */
  readonly isFinal?: boolean;
  /** Least and most characters of the reason, as the call wants it. */
  readonly reasonLength?: readonly [least: number, most: number];
  /** Fields besides the reason. */
  readonly children?: ReactNode;
  /** What is wrong with the entries; empty if they can be reviewed. */
  readonly problem?: string;
  /** Everything entered, as a text: other entries get another idempotency key. */
  readonly entries: string;
  /** Reads what the action would do. It changes nothing. */
  readonly preview: (draft: ActionDraft) => Promise<Preview>;
  readonly showPreview: (preview: Preview) => ReactNode;
  readonly run: (draft: ActionDraft) => Promise<Result>;
  readonly showResult: (result: Result) => ReactNode;
  readonly onClose: () => void;
}

type Step<Preview, Result> =
  | { readonly name: "enter" }
  | {
      readonly name: "review";
      readonly draft: ActionDraft;
      readonly preview?: Preview;
      readonly error?: unknown;
    }
  | { readonly name: "done"; readonly draft: ActionDraft; readonly result: Result };

/** Its outcome may be either: the effect may have happened. */
const unclear: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Unknown,
  Code.Internal,
]);

/**
 * A dangerous action in three steps: what and why is entered, its effect is shown, and after the confirmation its
 * result with the entry in the audit log. Tries of one confirmation share an idempotency key.
 */
export function ActionDialog<Preview, Result>(props: ActionDialogProps<Preview, Result>) {
  const { title, about, confirmLabel, onClose, reasonLength = [3, 500] } = props;
  const [step, setStep] = useState<Step<Preview, Result>>({ name: "enter" });
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [wasTried, setWasTried] = useState(false);
  const keys = useRef(new Map<string, string>());
  const formId = useId();

  const reasonProblem =
    reason.trim().length < reasonLength[0] ? `Say why, in at least ${reasonLength[0]} characters.` : "";
  const draftNow = (): ActionDraft => {
    const entries = JSON.stringify([props.entries, reason]);
    const idempotencyKey = keys.current.get(entries) ?? crypto.randomUUID();
    keys.current.set(entries, idempotencyKey);
    const options = { headers: { [requestIdHeader]: crypto.randomUUID() } };
    return { reason: reason.trim(), idempotencyKey, options };
  };
  const review = async () => {
    setWasTried(true);
    if (props.problem || reasonProblem) return;
    const draft = draftNow();
    setStep({ name: "review", draft });
    await props.preview(draft).then(
      (preview) => setStep({ name: "review", draft, preview }),
      (error: unknown) => setStep({ name: "review", draft, error }),
    );
  };
  const confirm = async (draft: ActionDraft, preview: Preview) => {
    setBusy(true);
    await props.run(draft).then(
      (result) => {
        setStep({ name: "done", draft, result });
        void queryClient.invalidateQueries();
      },
      (error: unknown) => setStep({ name: "review", draft, preview, error }),
    );
    setBusy(false);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (step.name === "enter") void review();
    else if (step.name === "review" && step.preview !== undefined) void confirm(step.draft, step.preview);
    else if (step.name === "done") onClose();
  };

  const isUnclear = step.name === "review" && step.preview !== undefined && isUnclearFailure(step.error);
  return (
    <Dialog
      title={title}
      about={step.name === "enter" ? about : undefined}
      onClose={onClose}
      footer={
        <Footer
          step={step.name}
          formId={formId}
          busy={busy}
          canConfirm={step.name === "review" && step.preview !== undefined}
          confirmLabel={isUnclear ? "Try again, same key" : confirmLabel}
          isFinal={props.isFinal ?? false}
          onBack={isUnclear ? undefined : () => setStep({ name: "enter" })}
          onClose={onClose}
        />
      }
    >
      <form id={formId} className="form" onSubmit={onSubmit} noValidate>
        {step.name === "enter" && (
          <>
            {props.children}
            <TextArea
              label="Reason"
              name="reason"
              hint="Stands in the audit log."
              maxLength={reasonLength[1]}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              error={wasTried ? reasonProblem : ""}
            />
            {wasTried && props.problem && (
              <p className="field-error" role="alert">
                {props.problem}
              </p>
            )}
          </>
        )}
        {step.name === "review" && (
          <Review step={step} showPreview={props.showPreview} isUnclear={isUnclear} />
        )}
        {step.name === "done" && (
          <div className="action-done" role="status">
            <p className="action-done-title">
              <Icon name="check" /> Done
            </p>
            {props.showResult(step.result)}
            <AuditLink draft={step.draft} />
          </div>
        )}
      </form>
    </Dialog>
  );
}

function isUnclearFailure(error: unknown): boolean {
  return error !== undefined && unclear.has(ConnectError.from(error).code);
}

function Review<Preview, Result>({
  step,
  showPreview,
  isUnclear,
}: {
  step: Extract<Step<Preview, Result>, { name: "review" }>;
  showPreview: (preview: Preview) => ReactNode;
  isUnclear: boolean;
}) {
  const { preview, error, draft } = step;
  if (preview === undefined && error === undefined) return <Skeleton lines={3} />;
  return (
    <>
      {preview !== undefined && (
        <>
          <div className="action-effect">{showPreview(preview)}</div>
          <dl className="action-memo">
            <dt>Reason</dt>
            <dd>{draft.reason}</dd>
            <dt>Idempotency key</dt>
            <dd>
              <code>{draft.idempotencyKey}</code>
            </dd>
          </dl>
        </>
      )}
      {error !== undefined && <FailureNote error={error} />}
      {isUnclear && (
        <p>
          {describeFailure(error).isOffline ? "The answer was lost. " : ""}It is not known whether it was
          done. Trying again is safe: with the same key the effect happens once.
        </p>
      )}
    </>
  );
}

function AuditLink({ draft }: { draft: ActionDraft }) {
  const requestId = new Headers(draft.options.headers as Record<string, string>).get(requestIdHeader) ?? "";
  return (
    <p>
      <Link href={`/audit?request=${encodeURIComponent(requestId)}`}>Entry in the audit log</Link>
    </p>
  );
}

function Footer({
  step,
  formId,
  busy,
  canConfirm,
  confirmLabel,
  isFinal,
  onBack,
  onClose,
}: {
  step: "enter" | "review" | "done";
  formId: string;
  busy: boolean;
  canConfirm: boolean;
  confirmLabel: string;
  isFinal: boolean;
  onBack: (() => void) | undefined;
  onClose: () => void;
}) {
  if (step === "done")
    return (
      <Button key="close" look="primary" autoFocus onClick={onClose}>
        Close
      </Button>
    );
  if (step === "enter")
    return (
      <>
        <Button onClick={onClose}>Cancel</Button>
        <Button key="review" look="primary" type="submit" form={formId}>
          Review the effect
        </Button>
      </>
    );
  return (
    <>
      {onBack && (
        <Button onClick={onBack} disabled={busy}>
          Back
        </Button>
      )}
      <Button
        key={canConfirm ? "confirm" : "wait"}
        look={isFinal ? "danger" : "primary"}
        type="submit"
        form={formId}
        busy={busy}
        disabled={!canConfirm}
        autoFocus={canConfirm}
      >
        {confirmLabel}
      </Button>
    </>
  );
}

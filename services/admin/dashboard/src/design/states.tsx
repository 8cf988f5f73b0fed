import { type ReactNode, useEffect, useState } from "react";
import { describeFailure } from "../data/failure.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";
import "./states.css";
import { absoluteText } from "./time.tsx";

/** Nothing is there: says so, why, and what one can do. */
export function EmptyState({
  title,
  children,
  icon = "info",
  action,
}: {
  title: string;
  children?: ReactNode;
  icon?: IconName;
  action?: ReactNode;
}) {
  return (
    <div className="state">
      <span className="state-icon">
        <Icon name={icon} size={22} />
      </span>
      <p className="state-title">{title}</p>
      {children && <p className="state-text">{children}</p>}
      {action}
    </div>
  );
}

/** Lines where something will stand. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => `line-${line}`).map((line) => (
        <span key={line} className="skeleton-line" />
      ))}
    </div>
  );
}

/** What the error catalogue advises; loaded when the first failure is shown. */
function useAdvice(reason: string): string {
  const [advice, setAdvice] = useState("");
  useEffect(() => {
    let isShown = true;
    if (reason !== "")
      import("../data/error-advice.ts").then(
        ({ adviceFor }) => isShown && setAdvice(adviceFor(reason)),
        () => undefined,
      );
    return () => {
      isShown = false;
    };
  }, [reason]);
  return advice;
}

/** Why something failed, in words, with what to do and the id that finds it in the logs. */
export function FailureNote({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const failure = describeFailure(error);
  const advice = useAdvice(failure.reason);
  return (
    <div className="failure" role="alert">
      <Icon name={failure.isOffline ? "lost" : "danger"} size={20} />
      <div className="failure-text">
        <p className="failure-title">{failure.title}</p>
        <p>{failure.detail}</p>
        {failure.fields.length > 0 && (
          <ul>
            {failure.fields.map(({ field, description }) => (
              <li key={field}>
                <code>{field}</code> {description}
              </li>
            ))}
          </ul>
        )}
        {advice && <p>{advice}</p>}
        {failure.requestId && (
          <p className="failure-id">
            Request <code>{failure.requestId}</code>
          </p>
        )}
      </div>
      {onRetry && (
        <Button size="s" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** What a read is made of, as TanStack Query gives it. */
interface Reading<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly dataUpdatedAt: number;
  readonly refetch: () => unknown;
}

/** Shows what was read, or how the read stands: loading, failed, or older than it should be. */
export function Loaded<Data>({
  from,
  lines = 4,
  children,
}: {
  from: Reading<Data>;
  /** Lines of the skeleton. */
  lines?: number;
  children: (data: Data) => ReactNode;
}) {
  const { data, error } = from;
  if (data === undefined) {
    if (error) return <FailureNote error={error} onRetry={from.refetch} />;
    return <Skeleton lines={lines} />;
  }
  return (
    <>
      {Boolean(error) && (
        <div className="stale" role="status">
          <Icon name="clock" size={16} />
          <span>
            As of {absoluteText(from.dataUpdatedAt)}. {describeFailure(error).title}:{" "}
            {describeFailure(error).detail}
          </span>
          <Button size="s" look="quiet" onClick={() => from.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {children(data)}
    </>
  );
}

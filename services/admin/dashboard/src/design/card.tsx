import { type ReactNode, useId } from "react";
import "./card.css";

/** A part of a page with a title; `flush` lets a table reach the edges. */
export function Card({
  title,
  hint,
  actions,
  flush = false,
  children,
}: {
  title?: ReactNode;
  /** A few words beside the title. */
  hint?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  const titleId = useId();
  return (
    <section className={flush ? "card card-flush" : "card"} aria-labelledby={title ? titleId : undefined}>
      {title && (
        <header className="card-header">
          <h2 id={titleId}>{title}</h2>
          {hint && <span className="card-hint">{hint}</span>}
          {actions && <div className="card-actions">{actions}</div>}
        </header>
      )}
      <div className="card-body">{children}</div>
    </section>
  );
}

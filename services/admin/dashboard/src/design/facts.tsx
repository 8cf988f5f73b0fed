import type { ReactNode } from "react";
import "./facts.css";

/** Names and values; what is undefined is left out. */
export function Facts({ of }: { of: ReadonlyArray<readonly [name: string, value: ReactNode]> }) {
  return (
    <dl className="facts">
      {of
        .filter(([, value]) => value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A figure that matters, with its name above and a note below. */
export function Stat({
  name,
  value,
  note,
  big = false,
  children,
}: {
  name: string;
  value: ReactNode;
  note?: ReactNode;
  big?: boolean;
  /** A chart below it. */
  children?: ReactNode;
}) {
  return (
    <div className={big ? "stat stat-big" : "stat"}>
      <p className="stat-name">{name}</p>
      <p className="stat-value">{value}</p>
      {note && <p className="stat-note">{note}</p>}
      {children}
    </div>
  );
}

/** Figures beside each other. */
export function StatRow({ children }: { children: ReactNode }) {
  return <div className="stat-row">{children}</div>;
}

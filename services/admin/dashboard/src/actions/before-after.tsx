import type { ReactNode } from "react";
import { Icon } from "../design/icon.tsx";
import "./action-dialog.css";

/** One line of an effect: what it is now and what it will be. */
export function BeforeAfter({ name, before, after }: { name: string; before: ReactNode; after: ReactNode }) {
  return (
    <div className="before-after">
      <span className="before-after-name">{name}</span>
      <span className="before-after-values">
        <span className="soft">{before}</span>
        <span className="before-after-arrow">
          <Icon name="next" size={14} />
          <span className="visually-hidden">becomes</span>
        </span>
        <strong>{after}</strong>
      </span>
    </div>
  );
}

/** One line of an effect that has no before. */
export function Line({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className="before-after">
      <span className="before-after-name">{name}</span>
      <span className="before-after-values">
        <strong>{value}</strong>
      </span>
    </div>
  );
}

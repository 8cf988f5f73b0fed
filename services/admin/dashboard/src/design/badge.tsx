import type { ReactNode } from "react";
import "./badge.css";
import { Icon, type IconName } from "./icon.tsx";

export type Tone = "neutral" | "good" | "warning" | "danger" | "info";

const icons: Readonly<Record<Tone, IconName | undefined>> = {
  neutral: undefined,
  good: "check",
  warning: "warning",
  danger: "danger",
  info: "info",
};

/** A state in a word or two. Colour never says it alone: each tone has a drawing. */
export function Badge({
  tone = "neutral",
  icon,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  children: ReactNode;
}) {
  const drawing = icon ?? icons[tone];
  return (
    <span className={`badge badge-${tone}`}>
      {drawing && <Icon name={drawing} size={13} />}
      {children}
    </span>
  );
}

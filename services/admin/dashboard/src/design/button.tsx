import type { ComponentProps, ReactNode } from "react";
import { Link } from "wouter";
import "./button.css";
import { Icon, type IconName } from "./icon.tsx";

interface Look {
  /** `primary` once on a page or dialog; `danger` for what cannot be undone. */
  readonly look?: "primary" | "secondary" | "quiet" | "danger";
  readonly size?: "s" | "m";
  readonly icon?: IconName | undefined;
  readonly children?: ReactNode;
}

function classOf({ look = "secondary", size = "m" }: Look, extra = ""): string {
  return `button button-${look} button-${size} ${extra}`.trim();
}

/** A button with words. While `busy` it takes no second click and says so. */
export function Button({
  look,
  size,
  icon,
  busy = false,
  children,
  className,
  disabled,
  ...rest
}: Look & { busy?: boolean } & Omit<ComponentProps<"button">, "children">) {
  return (
    <button
      type="button"
      {...rest}
      className={classOf({ ...(look && { look }), ...(size && { size }) }, className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={16} />}
      {children}
    </button>
  );
}

/** A button of a drawing alone; `label` is its name and its tip. */
export function IconButton({
  icon,
  label,
  ...rest
}: { icon: IconName; label: string } & Omit<ComponentProps<"button">, "children">) {
  return (
    <button
      type="button"
      {...rest}
      className="button button-quiet button-icon"
      aria-label={label}
      title={label}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A link that looks like a button. */
export function LinkButton({ look, size, icon, children, href }: Look & { href: string }) {
  return (
    <Link href={href} className={classOf({ ...(look && { look }), ...(size && { size }) })}>
      {icon && <Icon name={icon} size={16} />}
      {children}
    </Link>
  );
}

import { type ReactNode, useSyncExternalStore } from "react";
import { IconButton } from "./button.tsx";
import { Icon } from "./icon.tsx";
import "./toast.css";

interface Toast {
  readonly id: number;
  readonly text: ReactNode;
}

const shownMs = 8_000;
const maxToasts = 3;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function setToasts(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says for some seconds that something was done. What failed is said where it was asked for. */
export function showToast(text: ReactNode): void {
  lastId += 1;
  const id = lastId;
  setToasts([...toasts, { id, text }].slice(-maxToasts));
  setTimeout(() => closeToast(id), shownMs);
}

function closeToast(id: number): void {
  setToasts(toasts.filter((toast) => toast.id !== id));
}

/** Where toasts appear; once in the page. */
export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text }) => (
        <div key={id} className="toast">
          <Icon name="check" size={16} />
          <span>{text}</span>
          <IconButton icon="close" label="Dismiss" onClick={() => closeToast(id)} />
        </div>
      ))}
    </div>
  );
}

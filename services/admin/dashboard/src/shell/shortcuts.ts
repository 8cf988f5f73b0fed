import { useEffect, useEffectEvent } from "react";

const sequenceMs = 1_200;

/** What keys do: "/", "?" or a sequence such as "g a". Not while one types, nor in a dialog. */
export function useShortcuts(actions: Readonly<Record<string, () => void>>): void {
  const run = useEffectEvent((keys: string) => {
    actions[keys]?.();
    return keys in actions;
  });
  useEffect(() => {
    let first = "";
    let firstAt = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const isSecond = first !== "" && event.timeStamp - firstAt < sequenceMs;
      const handled = run(isSecond ? `${first} ${event.key}` : event.key);
      if (handled) event.preventDefault();
      first = isSecond || handled ? "" : event.key;
      firstAt = event.timeStamp;
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, select, textarea, dialog") !== null;
}

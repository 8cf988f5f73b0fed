import { useSyncExternalStore } from "react";

/** `system` follows the operating system. */
export type Theme = "system" | "light" | "dark";

const themes: readonly Theme[] = ["system", "light", "dark"];
const storageKey = "holdfast-theme";
const listeners = new Set<() => void>();

function read(): Theme {
  const kept = localStorage.getItem(storageKey) as Theme;
  return themes.includes(kept) ? kept : "system";
}

/** Puts the theme that was chosen before in force. */
export function applyTheme(theme: Theme = read()): void {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset.theme;
  else dataset.theme = theme;
}

/** The theme, and what changes to the next one. */
export function useTheme(): readonly [Theme, () => void] {
  const theme = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, read);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "system";
  return [
    theme,
    () => {
      localStorage.setItem(storageKey, next);
      applyTheme(next);
      for (const listener of listeners) listener();
    },
  ];
}

/** Changes whenever the colours in force do, by the switch or by the system. */
export function useThemeChange(): string {
  return useSyncExternalStore(
    (listener) => {
      const system = matchMedia("(prefers-color-scheme: dark)");
      listeners.add(listener);
      system.addEventListener("change", listener);
      return () => {
        listeners.delete(listener);
        system.removeEventListener("change", listener);
      };
    },
    () => `${read()} ${matchMedia("(prefers-color-scheme: dark)").matches}`,
  );
}

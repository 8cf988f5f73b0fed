import { type ReactNode, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { IconButton } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { Facts } from "../design/facts.tsx";
import { useSession } from "../session/session.ts";
import { ConnectionNote, ConnectionState } from "./connection-note.tsx";
import "./frame.css";
import { Mark } from "./mark.tsx";
import { Navigation, offeredScreens } from "./navigation.tsx";
import { useShortcuts } from "./shortcuts.ts";

/** What stands around every screen of an operator. */
export function Frame({ children }: { children: ReactNode }) {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [areShortcutsShown, showShortcuts] = useState(false);
  const [location, navigate] = useLocation();
  const main = useRef<HTMLElement>(null);
  const offered = offeredScreens(useSession());
  const closeMenu = () => setMenuOpen(false);
  useNewPage(location, main, closeMenu);
  useShortcuts({
    "/": focusSearch,
    "?": () => showShortcuts(true),
    Escape: closeMenu,
    ...Object.fromEntries(offered.map(({ path, shortcut }) => [`g ${shortcut}`, () => navigate(path)])),
  });
  return (
    <div className={isMenuOpen ? "frame frame-menu" : "frame"}>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <header className="topbar">
        <IconButton
          icon={isMenuOpen ? "close" : "menu"}
          label={isMenuOpen ? "Close menu" : "Menu"}
          aria-expanded={isMenuOpen}
          onClick={() => setMenuOpen(!isMenuOpen)}
        />
        <span className="topbar-brand">
          <Mark size={24} /> Holdfast
        </span>
        <ConnectionState />
      </header>
      <aside className="frame-rail" aria-label="Navigation and session">
        <Navigation onShortcuts={() => showShortcuts(true)} />
      </aside>
      <main id="content" className="content" tabIndex={-1} ref={main}>
        <ConnectionNote />
        {children}
      </main>
      {areShortcutsShown && <ShortcutsDialog screens={offered} onClose={() => showShortcuts(false)} />}
    </div>
  );
}

/** Another page begins at its top, and with the keyboard at its content. */
function useNewPage(location: string, main: { current: HTMLElement | null }, closeMenu: () => void): void {
  const last = useRef(location);
  useEffect(() => {
    if (last.current === location) return;
    last.current = location;
    closeMenu();
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  });
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>('[data-shortcut="/"]')?.focus();
}

function ShortcutsDialog({
  screens,
  onClose,
}: {
  screens: ReturnType<typeof offeredScreens>;
  onClose: () => void;
}) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <Facts
        of={[
          ["Search on this page", <kbd key="search">/</kbd>],
          ...screens.map(({ title, shortcut }) => [title, <kbd key={shortcut}>g {shortcut}</kbd>] as const),
          ["These shortcuts", <kbd key="help">?</kbd>],
          ["Close a dialog", <kbd key="escape">Esc</kbd>],
        ]}
      />
    </Dialog>
  );
}

import { Link, useLocation } from "wouter";
import { Button, IconButton } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { type Session, signOut, useSession } from "../session/session.ts";
import { ConnectionState } from "./connection-note.tsx";
import { Mark } from "./mark.tsx";
import "./navigation.css";
import { groups, type Screen, screens } from "./screens.ts";
import { useTheme } from "./theme.ts";

/** Screens with a place in the navigation that the session may open. */
export function offeredScreens({ scopes }: Session) {
  return screens.flatMap((screen) =>
    screen.navigation !== undefined && scopes.includes(screen.scope)
      ? [{ path: screen.path, ...screen.navigation }]
      : [],
  );
}

/** The way to every screen, who is signed in, and whether the page is live. */
export function Navigation({ onShortcuts }: { onShortcuts: () => void }) {
  const session = useSession();
  const offered = offeredScreens(session);
  return (
    <div className="rail">
      <Link href="/" className="rail-brand">
        <Mark />
        Holdfast
      </Link>
      <nav aria-label="Screens" className="rail-screens">
        {groups.map((group) => {
          const entries = offered.filter((screen) => screen.group === group);
          if (entries.length === 0) return null;
          return (
            <div key={group} className="rail-group">
              {group && <p>{group}</p>}
              <ul>
                {entries.map((entry) => (
                  <li key={entry.path}>
                    <RailLink {...entry} />
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </nav>
      <div className="rail-foot">
        <ConnectionState />
        <div className="rail-user">
          <span className="rail-who">
            <strong>{session.subject.replace(/^key:/, "")}</strong>
            <span>{session.role}</span>
          </span>
          <ThemeSwitch />
          <IconButton icon="leave" label="Sign out" onClick={() => void signOut()} />
        </div>
        <Button look="quiet" size="s" className="rail-keys" onClick={onShortcuts}>
          Keyboard shortcuts <kbd>?</kbd>
        </Button>
      </div>
    </div>
  );
}

function RailLink({ path, title, icon }: Pick<Screen, "path"> & NonNullable<Screen["navigation"]>) {
  const [location] = useLocation();
  const isHere = path === "/" ? location === "/" : location === path || location.startsWith(`${path}/`);
  return (
    <Link href={path} aria-current={isHere ? "page" : undefined}>
      <Icon name={icon} />
      {title}
    </Link>
  );
}

/** Light, dark, or as the system is. */
export function ThemeSwitch() {
  const [theme, change] = useTheme();
  const icon = { system: "auto", light: "sun", dark: "moon" } as const;
  return <IconButton icon={icon[theme]} label={`Theme: ${theme}`} onClick={change} />;
}

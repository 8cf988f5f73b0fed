import { Link, useSearchParams } from "wouter";
import { searchWith } from "../data/url-state.ts";
import "./tabs.css";

/** The part of a page that the address names. */
export function useTab(byDefault: string, name = "tab"): string {
  const [parameters] = useSearchParams();
  return parameters.get(name) ?? byDefault;
}

/** Parts of a page, of which one is shown; links, so that each can be opened by itself. */
export function Tabs({
  label,
  tabs,
  name = "tab",
}: {
  label: string;
  /** The first one is the default. */
  tabs: ReadonlyArray<readonly [id: string, text: string]>;
  name?: string;
}) {
  const [parameters] = useSearchParams();
  const byDefault = tabs[0]?.[0] ?? "";
  const shown = useTab(byDefault, name);
  const hrefOf = (id: string) =>
    searchWith(parameters, { [name]: id === byDefault ? undefined : id, page: undefined, sort: undefined });
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(([id, text]) => (
        <Link key={id} href={hrefOf(id)} aria-current={id === shown ? "page" : undefined}>
          {text}
        </Link>
      ))}
    </nav>
  );
}

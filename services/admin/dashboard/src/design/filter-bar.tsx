import { type ReactNode, useEffect, useEffectEvent, useId, useState } from "react";
import { useUrlState } from "../data/url-state.ts";
import "./filter-bar.css";
import { Icon } from "./icon.tsx";

/** Filters above a table. */
export function FilterBar({ children }: { children: ReactNode }) {
  return <search className="filter-bar">{children}</search>;
}

const typingMs = 250;

/** Text to look for, kept in the address. The key / leads here. */
export function SearchFilter({ name = "q", label }: { name?: string; label: string }) {
  const [value, setValue] = useUrlState(name);
  const [text, setText] = useState(value);
  const apply = useEffectEvent((typed: string) => {
    if (typed !== value) setValue(typed);
  });
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    const timer = setTimeout(() => apply(text), typingMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="filter-search">
      <Icon name="search" size={16} />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        aria-keyshortcuts="/"
        data-shortcut="/"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <span className="filter-key" aria-hidden="true">
        /
      </span>
    </div>
  );
}

/** One of a few values, kept in the address. */
export function SelectFilter({
  name,
  label,
  options,
  byDefault = "",
}: {
  name: string;
  label: string;
  /** The first one stands for the default. */
  options: ReadonlyArray<readonly [value: string, text: string]>;
  byDefault?: string;
}) {
  const [value, setValue] = useUrlState(name, byDefault);
  const id = useId();
  return (
    <div className="filter-select">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => setValue(event.target.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

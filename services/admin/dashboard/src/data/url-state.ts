import { useSearchParams } from "wouter";

/**
 * A value that stands in the address, so that a view can be linked and the browser's back leads to the one before.
 * The default stands as no parameter. Another view begins at its first page.
 */
export function useUrlState(name: string, byDefault = ""): [string, (value: string) => void] {
  const [parameters, setParameters] = useSearchParams();
  const set = (value: string) =>
    setParameters(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === byDefault || value === "") next.delete(name);
        else next.set(name, value);
        next.delete("page");
        return next;
      },
      { replace: true },
    );
  return [parameters.get(name) ?? byDefault, set];
}

/** The address with some parameters changed; undefined removes one. */
export function searchWith(
  parameters: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const next = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  return text === "" ? "?" : `?${text}`;
}

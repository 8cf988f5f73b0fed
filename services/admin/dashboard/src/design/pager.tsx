import { useSearchParams } from "wouter";
import { countText } from "../data/exact.ts";
import { searchWith } from "../data/url-state.ts";
import { Button } from "./button.tsx";

/** Which page each page was reached from, as far as this window went. */
const before = new Map<string, string>();

/** The page of a list that the address names; empty for the first. */
export function usePageToken(name = "page"): string {
  const [parameters] = useSearchParams();
  return parameters.get(name) ?? "";
}

/** Leads through a list by its cursors, which stand in the address. */
export function Pager({
  count,
  noun,
  nextPageToken,
  name = "page",
}: {
  /** Rows of this page. */
  count: number;
  /** What the rows are, in the plural. */
  noun: string;
  nextPageToken: string;
  /** Name of the cursor in the address; two lists of a page need two. */
  name?: string;
}) {
  const [parameters, setParameters] = useSearchParams();
  const here = parameters.get(name) ?? "";
  const go = (token: string | undefined) =>
    setParameters(searchWith(parameters, { [name]: token || undefined }).slice(1));
  if (here === "" && nextPageToken === "")
    return (
      <footer className="pager">
        <span>{countText(count, noun)}</span>
      </footer>
    );
  return (
    <footer className="pager">
      <span>
        {countText(count, noun)} on this page{nextPageToken ? ", more follow" : ""}. Sorting orders this page.
      </span>
      <span className="row">
        <Button size="s" disabled={here === ""} onClick={() => go(undefined)}>
          First
        </Button>
        <Button size="s" icon="back" disabled={!before.has(here)} onClick={() => go(before.get(here))}>
          Previous
        </Button>
        <Button
          size="s"
          disabled={nextPageToken === ""}
          onClick={() => {
            before.set(nextPageToken, here);
            go(nextPageToken);
          }}
        >
          Next
        </Button>
      </span>
    </footer>
  );
}

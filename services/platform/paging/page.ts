import type { PageTokens } from "./page-token.ts";

/** What a caller asks of a list. */
export interface PageRequest {
  /** 0 means 50. */
  readonly pageSize: number;
  /** Empty for the first page. */
  readonly pageToken: string;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

export const defaultPageSize = 50;

/**
 * The page of a list that follows the token. A token names the last item shown, so that items may come and
 * go between pages.
 *
 * @param items the whole list, in order of `keyOf`.
 * @param filters everything else in the request that chooses the items, and the name of the list.
 * @throws CommonError PAGE_TOKEN_INVALID if the token is malformed, altered, or made with other filters.
 */
export function pageOf<T>(
  tokens: PageTokens,
  items: readonly T[],
  keyOf: (item: T) => string,
  request: PageRequest,
  filters: readonly unknown[],
): Page<T> {
  const after = (tokens.decode(filters, request.pageToken) as string | undefined) ?? "";
  const rest = items.filter((item) => keyOf(item) > after);
  const shown = rest.slice(0, request.pageSize === 0 ? defaultPageSize : request.pageSize);
  const last = shown.at(-1);
  const nextPageToken =
    last === undefined || shown.length === rest.length ? "" : tokens.encode(filters, keyOf(last));
  return { items: shown, nextPageToken };
}

import type { Decimal } from "#money/decimal.ts";

export const accountStates = ["active", "frozen", "closed"] as const;
export type AccountState = (typeof accountStates)[number];

/** An account as Billing Core lists it. */
export interface ListedAccount {
  readonly accountId: string;
  readonly state: AccountState;
  readonly currencyCode: string;
  readonly available: Decimal;
  readonly reserved: Decimal;
  readonly spendable: Decimal;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  /** Undefined if the account has no journal entry. */
  readonly lastActivityAtMs: number | undefined;
}

/** What Billing Core itself filters by; empty and undefined mean any. */
export interface AccountFilter {
  readonly currencyCode: string;
  readonly state: AccountState | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** Lists accounts, page by page in an order of its own; the token of the first page is empty. */
export type AccountLister = (
  filter: AccountFilter & { readonly idPrefix: string },
  pageSize: number,
  pageToken: string,
) => Promise<{ readonly accounts: readonly ListedAccount[]; readonly nextPageToken: string }>;

/** What to search for. */
export interface AccountSearch extends AccountFilter {
  /** Part of an id or of a label's value, in any case; empty means every account. */
  readonly text: string;
  readonly spendableAtMost: Decimal | undefined;
}

/** An account that was found, and in which of its fields; empty without a text. */
export interface FoundAccount {
  readonly account: ListedAccount;
  readonly matchedField: string;
}

/** Where a search goes on: in this page of the list, after this account. */
export interface SearchPosition {
  /** First those whose id begins with the text, which the list finds by itself; then the rest. */
  readonly stage: "beginning" | "rest";
  readonly pageToken: string;
  /** Empty: from the beginning of the page. */
  readonly afterId: string;
}

const listedAtOnce = 500;
/** Pages that one call reads. */
const mostPages = 10;
/** What an id can be made of: a text with other characters begins none. */
const idForm = /^[A-Za-z0-9_.:@-]+$/;

/**
 * Finds accounts. It looks at a bounded number of them, so that it may find none and still have more to look at.
 *
 * @param from where the search before ended; undefined for a new one.
 * @returns what it found, and where to go on; undefined at the end.
 */
export async function searchAccounts(
  list: AccountLister,
  search: AccountSearch,
  limit: number,
  from: SearchPosition | undefined,
): Promise<{ readonly found: readonly FoundAccount[]; readonly next: SearchPosition | undefined }> {
  const found: FoundAccount[] = [];
  let position = from ?? {
    stage: idForm.test(search.text) ? "beginning" : "rest",
    pageToken: "",
    afterId: "",
  };
  for (let page = 1; page <= mostPages; page++) {
    const idPrefix = position.stage === "beginning" ? search.text : "";
    const { accounts, nextPageToken } = await list({ ...search, idPrefix }, listedAtOnce, position.pageToken);
    for (const account of after(accounts, position.afterId)) {
      const matchedField = matchOf(account, search, position.stage);
      if (matchedField === undefined) continue;
      found.push({ account, matchedField });
      if (found.length === limit) return { found, next: { ...position, afterId: account.accountId } };
    }
    const following = nextPosition(position, accounts, nextPageToken);
    if (following === undefined) return { found, next: undefined };
    position = following;
  }
  return { found, next: position };
}

function nextPosition(
  position: SearchPosition,
  accounts: readonly ListedAccount[],
  nextPageToken: string,
): SearchPosition | undefined {
  const passed = accounts.some(({ accountId }) => accountId === position.afterId);
  if (nextPageToken !== "")
    return { ...position, pageToken: nextPageToken, afterId: passed ? "" : position.afterId };
  return position.stage === "beginning" ? { stage: "rest", pageToken: "", afterId: "" } : undefined;
}

/** Accounts are never deleted: one that is not on its page any more was pushed back by new ones. */
function after(accounts: readonly ListedAccount[], afterId: string): readonly ListedAccount[] {
  if (afterId === "") return accounts;
  const index = accounts.findIndex(({ accountId }) => accountId === afterId);
  return index < 0 ? [] : accounts.slice(index + 1);
}

/** The field in which the text is found; undefined if the account is not one of those searched for now. */
function matchOf(
  account: ListedAccount,
  { text, spendableAtMost }: AccountSearch,
  stage: SearchPosition["stage"],
): string | undefined {
  if (spendableAtMost !== undefined && account.spendable.compare(spendableAtMost) > 0) return undefined;
  if (text === "") return "";
  const wasFirst = idForm.test(text) && account.accountId.startsWith(text);
  if (stage === "rest" && wasFirst) return undefined;
  const wanted = text.toLowerCase();
  if (account.accountId.toLowerCase().includes(wanted)) return "account_id";
  const labels = Object.entries(account.labels).sort(([left], [right]) => (left < right ? -1 : 1));
  const label = labels.find(([, value]) => value.toLowerCase().includes(wanted));
  return label && `labels.${label[0]}`;
}

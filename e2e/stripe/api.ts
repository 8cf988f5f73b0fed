import type { Checkout, SessionParameters } from "./checkout.ts";
import type { RefundParameters, Reversals } from "./reversals.ts";
import { invalid } from "./stripe-error.ts";
import type { Records, StripeRecords } from "./stripe-records.ts";

/** A parsed query or form. */
export type Parameters = Readonly<Record<string, unknown>>;

/** One method of the API. */
export interface ApiRoute {
  readonly method: "GET" | "POST";
  /** In fastify's form. */
  readonly path: string;
  answer(id: string, parameters: Parameters): unknown;
}

const mostPerPage = 100;
const defaultPerPage = 10;

/** The part of Stripe's API that the product uses. */
export function apiRoutes(records: StripeRecords, checkout: Checkout, reversals: Reversals): ApiRoute[] {
  return [
    post("/v1/checkout/sessions", (_, form) => checkout.create(form as SessionParameters)),
    post("/v1/checkout/sessions/:id/expire", (id) => checkout.expire(id)),
    post("/v1/refunds", (_, form) => reversals.refund(form as RefundParameters)),
    ...readRoutes("/v1/checkout/sessions", records.sessions, ["payment_intent", "status"]),
    ...readRoutes("/v1/payment_intents", records.intents, []),
    ...readRoutes("/v1/charges", records.charges, ["payment_intent"]),
    ...readRoutes("/v1/refunds", records.refunds, ["payment_intent", "charge"]),
    ...readRoutes("/v1/disputes", records.disputes, ["payment_intent", "charge"]),
    ...readRoutes("/v1/events", records.events, ["type"]),
  ];
}

function post(path: string, answer: ApiRoute["answer"]): ApiRoute {
  return { method: "POST", path, answer };
}

function readRoutes<T extends { readonly id: string; readonly created: number }>(
  path: string,
  records: Records<T>,
  filters: ReadonlyArray<keyof T & string>,
): ApiRoute[] {
  return [
    { method: "GET", path: `${path}/:id`, answer: (id) => records.get(id) },
    { method: "GET", path, answer: (_, query) => listPage(path, records, query, filters) },
  ];
}

/** A page, newest first, by `starting_after` or `ending_before`. */
function listPage<T extends { readonly id: string; readonly created: number }>(
  url: string,
  records: Records<T>,
  query: Parameters,
  filters: ReadonlyArray<keyof T & string>,
): unknown {
  const limit = limitOf(query.limit);
  const matching = records
    .newestFirst()
    .filter((record) => isWithin(record.created, query.created))
    .filter((record) => filters.every((name) => query[name] === undefined || record[name] === query[name]))
    .filter((record) => isOfTypes(record, query.types));
  const { start, end } = boundsOf(matching, query, limit);
  return {
    object: "list",
    url,
    has_more: hasMore(matching.length, start, end, query),
    data: matching.slice(start, end),
  };
}

function boundsOf(matching: ReadonlyArray<{ readonly id: string }>, query: Parameters, limit: number) {
  const before = indexOf(matching, query.ending_before);
  if (before !== undefined) return { start: Math.max(0, before - limit), end: before };
  const start = (indexOf(matching, query.starting_after) ?? -1) + 1;
  return { start, end: Math.min(matching.length, start + limit) };
}

function hasMore(count: number, start: number, end: number, query: Parameters): boolean {
  return query.ending_before === undefined ? end < count : start > 0;
}

function indexOf(matching: ReadonlyArray<{ readonly id: string }>, id: unknown): number | undefined {
  if (id === undefined) return undefined;
  const index = matching.findIndex((record) => record.id === id);
  if (index < 0) throw invalid("starting_after", `No such object: ${String(id)}`);
  return index;
}

function limitOf(limit: unknown): number {
  if (limit === undefined) return defaultPerPage;
  const number = Number(limit);
  if (!Number.isInteger(number) || number < 1 || number > mostPerPage)
    throw invalid("limit", `limit must be between 1 and ${mostPerPage}.`);
  return number;
}

const comparisons: Readonly<Record<string, (created: number, bound: number) => boolean>> = {
  gt: (created, bound) => created > bound,
  gte: (created, bound) => created >= bound,
  lt: (created, bound) => created < bound,
  lte: (created, bound) => created <= bound,
};

function isWithin(created: number, range: unknown): boolean {
  if (range === undefined) return true;
  if (typeof range === "string") return created === Number(range);
  return Object.entries(range as Record<string, string>).every(
    ([name, bound]) => comparisons[name]?.(created, Number(bound)) ?? true,
  );
}

function isOfTypes(record: object, types: unknown): boolean {
  return types === undefined || ("type" in record && Array.isArray(types) && types.includes(record.type));
}

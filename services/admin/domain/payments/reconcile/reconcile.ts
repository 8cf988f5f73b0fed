import { ServiceError } from "#platform/errors/service-error.ts";
import type { PaymentStore } from "../../../store/payments/payment-store.ts";
import type { Payment } from "../payment.ts";
import type { ListPage, ListRange } from "../payment-provider.ts";
import {
  compareEvent,
  compareIntent,
  comparePayment,
  compareReversal,
  compareSession,
  type ReconcileParts,
} from "./compare-objects.ts";
import type { Difference, ReportedDifference } from "./difference.ts";

/** What is compared, one after the other. */
const phases = ["events", "sessions", "intents", "refunds", "disputes", "payments"] as const;
type Phase = (typeof phases)[number];

/** Where a reconciliation goes on. */
export interface ReconcilePosition {
  readonly phase: Phase;
  readonly after?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
}

/** What is asked of one step. */
export interface ReconcileRequest {
  /** Empty: all. */
  readonly accountId: string;
  readonly repairs: boolean;
  readonly maxObjects: number;
}

/** What a step found. */
export interface ReconcileReport {
  readonly differences: readonly ReportedDifference[];
  readonly checkedEvents: number;
  readonly checkedObjects: number;
  /** Undefined at the end. */
  readonly next: ReconcilePosition | undefined;
}

export type ReconcileSources = ReconcileParts & { readonly payments: PaymentStore<Payment> };

const mostPerPage = 100;
/** Stripe lists events of the last 30 days. */
const eventsKeptMs = 30 * 86_400_000;

/** The beginning of a reconciliation of what Stripe made in a time. */
export function beginReconciliation(startMs: number, endMs: number): ReconcilePosition {
  return { phase: phases[0], startMs, endMs };
}

/**
 * Compares up to so many of Stripe's events and objects with what Admin and Billing Core hold, and if asked repairs
 * what differs: by the same steps as for an event that arrives, so that a repeat does nothing twice.
 *
 * @throws AdminError STRIPE_UNAVAILABLE, STRIPE_RATE_LIMITED.
 */
export async function reconcileStep(
  parts: ReconcileSources,
  from: ReconcilePosition,
  request: ReconcileRequest,
): Promise<ReconcileReport> {
  const differences: ReportedDifference[] = [];
  const checked = { events: 0, objects: 0 };
  let position: ReconcilePosition | undefined = from;
  while (position !== undefined && checked.events + checked.objects < request.maxObjects) {
    const limit: number = Math.min(mostPerPage, request.maxObjects - checked.events - checked.objects);
    const { phase }: ReconcilePosition = position;
    const page: ListPage<() => Promise<Difference | undefined>> = await readPhase(parts, position, limit);
    checked[phase === "events" ? "events" : "objects"] += page.items.length;
    for (const compare of page.items) {
      const difference = await compare().catch(asDifference);
      if (difference === undefined || !isAbout(difference, request.accountId)) continue;
      differences.push(await report(difference, request.repairs));
    }
    position = nextPosition(position, page.nextAfter);
  }
  return { differences, checkedEvents: checked.events, checkedObjects: checked.objects, next: position };
}

function nextPosition(
  { phase, startMs, endMs }: ReconcilePosition,
  after: string | undefined,
): ReconcilePosition | undefined {
  if (after !== undefined) return { phase, after, startMs, endMs };
  const next = phases[phases.indexOf(phase) + 1];
  return next && { phase: next, startMs, endMs };
}

type Comparisons = ListPage<() => Promise<Difference | undefined>>;

/** A page of a phase, each of its items ready to be compared. */
async function readPhase(
  parts: ReconcileSources,
  { phase, startMs, endMs, after }: ReconcilePosition,
  limit: number,
): Promise<Comparisons> {
  const { provider } = parts;
  const range: ListRange = { fromMs: startMs, untilMs: endMs, after, limit };
  const read: Readonly<Record<Phase, () => Promise<Comparisons>>> = {
    events: async () => {
      const fromMs = Math.max(startMs, Date.now() - eventsKeptMs);
      if (fromMs >= endMs) return { items: [], nextAfter: undefined };
      return prepare(await provider.listEvents({ ...range, fromMs }), (event) => compareEvent(parts, event));
    },
    sessions: async () =>
      prepare(await provider.listSessions(range), (session) => compareSession(parts, session)),
    intents: async () => prepare(await provider.listIntents(range), (intent) => compareIntent(parts, intent)),
    refunds: async () =>
      prepare(await provider.listRefunds(range), (refund) => compareReversal(parts, refund)),
    disputes: async () =>
      prepare(await provider.listDisputes(range), (dispute) => compareReversal(parts, dispute)),
    payments: async () => {
      const page = await parts.payments.page("all", { fromMs: startMs, untilMs: endMs, after, limit });
      const items = page.entries.map(({ item }) => item);
      return prepare({ items, nextAfter: page.nextAfter }, async (payment) => {
        const difference = await comparePayment(parts, payment);
        await noteReconciled(parts, payment);
        return difference;
      });
    },
  };
  return read[phase]();
}

function prepare<T>(
  { items, nextAfter }: ListPage<T>,
  compare: (item: T) => Promise<Difference | undefined>,
): Comparisons {
  return { items: items.map((item) => () => compare(item)), nextAfter };
}

/** Notes when it was compared last; whoever changes it meanwhile is more important. */
async function noteReconciled({ records }: ReconcileSources, { paymentId }: Payment): Promise<void> {
  const known = await records.read(paymentId);
  if (known === undefined) return;
  const payment = { ...known.payment, reconciledAtMs: Date.now() };
  await records.save(known.version, payment).catch(() => {});
}

/** What can't be netted with its payment is reported; what can't be asked ends the step. */
function asDifference(error: unknown): Difference {
  if (!(error instanceof ServiceError) || error.reason !== "STRIPE_EVENT_FAILED") throw error;
  return { kind: "STATE_DIFFERS", paymentId: "", accountId: "", stripeId: "", description: error.message };
}

function isAbout({ accountId }: Difference, wanted: string): boolean {
  return wanted === "" || accountId === wanted;
}

async function report({ repair, ...difference }: Difference, repairs: boolean): Promise<ReportedDifference> {
  if (!repairs || repair === undefined) return { ...difference, isRepaired: false, repairError: "" };
  try {
    await repair();
    return { ...difference, isRepaired: true, repairError: "" };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const repairError = error instanceof ServiceError ? `${error.reason}: ${words}` : words;
    return { ...difference, isRepaired: false, repairError };
  }
}

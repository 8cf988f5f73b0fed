import { CommonError } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import { LedgerFault } from "../store/store-fault.ts";
import type { Billing, ChargeRequest, PreparedCharge } from "./billing.ts";
import type { PostingResult } from "./results.ts";

/** What became of a line. */
export type LineResult =
  /** Debited, now or by an earlier call. */
  | { readonly kind: "CHARGED"; readonly result: PostingResult }
  /** Refused: this call has debited nothing. */
  | { readonly kind: "REFUSED"; readonly error: unknown }
  /** Not known: to be sent again with the same key. */
  | { readonly kind: "UNKNOWN"; readonly error: unknown };

/**
 * Debits lines, each on its own: a line that fails concerns no other, except that after an unknown outcome the
 * account's later lines are not sent, so that they can't overtake it and a dead store costs one wait.
 *
 * All lines are read and priced at the same time, in batches; then each account's lines are booked one after the
 * other. So their order holds when a line has to be sent again, and accounts still travel together.
 */
export async function chargeLines(billing: Billing, lines: readonly ChargeRequest[]): Promise<LineResult[]> {
  const prepared = await Promise.allSettled(lines.map((line) => billing.prepareCharge(line)));
  const results = new Array<LineResult>(lines.length);
  const positionsByAccount = Map.groupBy(lines.keys(), (position) => lines[position]!.accountId);
  await Promise.all(
    [...positionsByAccount.values()].map(async (positions) => {
      let uncertain = false;
      for (const position of positions) {
        const result: LineResult = uncertain ? notSent() : await book(prepared[position]!);
        uncertain ||= result.kind === "UNKNOWN";
        results[position] = result;
      }
    }),
  );
  return results;
}

async function book(prepared: PromiseSettledResult<PreparedCharge>): Promise<LineResult> {
  if (prepared.status === "rejected") return { kind: "REFUSED", error: prepared.reason };
  try {
    return { kind: "CHARGED", result: await prepared.value() };
  } catch (error) {
    return { kind: isRefusal(error) ? "REFUSED" : "UNKNOWN", error };
  }
}

/** Whether it is certain that nothing was debited. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ServiceError) return error.reason !== "STORE_UNAVAILABLE";
  return error instanceof LedgerFault;
}

function notSent(): LineResult {
  const message = "not sent: the outcome of an earlier line of the account is unknown";
  return { kind: "REFUSED", error: new CommonError("STORE_UNAVAILABLE", message) };
}

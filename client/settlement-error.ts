import type { CommitRequest } from "../gen/billing/core/v1/reservation_rpc_pb.ts";
import { HoldfastError } from "./holdfast-error.ts";

/**
 * The work under a hold succeeded and its commit did not. Nothing is released: the hold stands until it
 * expires. `core.commit(error.commitRequest)` settles it later, in this process or, stored with `toJsonString`
 * and `CommitRequestSchema`, in another one; it cannot be settled twice by it. Where `retryable` is false, the
 * request must be corrected first: the reason says what is wrong.
 */
export class SettlementError<T = unknown> extends HoldfastError {
  override readonly name = "SettlementError";
  /** The account. */
  readonly accountId: string;
  /** The hold. */
  readonly reservationId: string;
  /** What the work gave: it is done, and not to be done again. Not printed. */
  declare readonly result: T;
  /**
   * The commit as it was sent, with its idempotency key; a late one is accepted, unless the options said
   * otherwise. Not printed.
   */
  declare readonly commitRequest: CommitRequest;

  constructor(cause: HoldfastError, accountId: string, commitRequest: CommitRequest, result: T) {
    super("the work is done and its hold not settled", { ...cause, request: commitRequest, cause });
    this.accountId = accountId;
    this.reservationId = commitRequest.reservationId;
    Object.defineProperty(this, "result", { value: result });
    Object.defineProperty(this, "commitRequest", { value: commitRequest });
  }
}

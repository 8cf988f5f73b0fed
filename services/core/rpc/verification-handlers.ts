import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { AccountVerification, AccountVerifier } from "../domain/verification/account-verifier.ts";
import type { LedgerVerifier } from "../domain/verification/ledger-verifier.ts";

type Handlers = Pick<ServiceHandlers<typeof BillingCoreService>, "verifyAccount" | "verifyLedger">;

/** Proof of the books. */
export function verificationHandlers(accounts: AccountVerifier, ledger: LedgerVerifier): Handlers {
  return {
    verifyAccount: async ({ accountId }, { signal }) => ({
      verification: toVerification(await accounts.verify(accountId, signal)),
    }),

    verifyLedger: async function* ({ includeConsistent }, { signal }) {
      const startedAt = timestampFromMs(Date.now());
      for await (const event of ledger.run(signal)) {
        if ("sums" in event) {
          const { accountsChecked, accountsInconsistent, entriesChecked } = event.sums;
          const value = {
            accountsChecked: BigInt(accountsChecked),
            accountsInconsistent: BigInt(accountsInconsistent),
            entriesChecked: BigInt(entriesChecked),
            complete: event.complete,
            startedAt,
          };
          yield { event: { case: "summary" as const, value } };
        } else if (includeConsistent || event.account.faults.length > 0) {
          yield { event: { case: "account" as const, value: toVerification(event.account) } };
        }
      }
    },
  };
}

function toVerification({ accountId, entriesChecked, sequence, faults, holdsSkipped }: AccountVerification) {
  return {
    accountId,
    consistent: faults.length === 0,
    entriesChecked: BigInt(entriesChecked),
    sequence: BigInt(sequence),
    faults: faults.map(({ sequence: at, subject, expected, found }) => ({
      sequence: BigInt(at),
      subject,
      expected,
      found,
    })),
    holdsSkipped,
  };
}

import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { CreateCurrencyRequestSchema } from "#gen/billing/exchange/v1/currency_rpc_pb.ts";
import { type Clients, clientsWith, openGrpcTransports } from "../testing/services.ts";
import type { TestStack } from "../testing/test-stack.ts";
import { type LedgerSnapshot, readLedger } from "./ledger-snapshot.ts";

/** What hostile requests name: the account and the currency that the smallest requests of all methods have. */
export const targetAccount = "a";
const targetCurrency = "AB";
/** An account that no request names. */
const bystander = "bystander";

/** What hostile requests meet: an account with money, so that they get far; and one that nothing may touch. */
export interface TextTargets {
  readonly clients: Clients;
  /** Fails unless every account adds up and the one that nobody names is as it was. */
  requireUnharmed(): Promise<void>;
  close(): void;
}

/** Makes the accounts. */
export async function makeTextTargets(stack: TestStack): Promise<TextTargets> {
  const transports = openGrpcTransports(stack);
  const clients = clientsWith(transports, await stack.token());
  const { core, exchange } = clients;
  await exchange.createCurrency(
    create(CreateCurrencyRequestSchema, {
      currencyCode: targetCurrency,
      displayName: "Units",
      minorDigits: 2,
    }),
  );
  for (const accountId of [targetAccount, bystander]) {
    await core.createAccount({ accountId, currencyCode: targetCurrency });
    const amount = { currencyCode: targetCurrency, amount: "1000" };
    await core.credit({ accountId, amount, source: "admin", idempotencyKey: "first" });
  }
  const before = keysOf(await readLedger(stack), bystander);
  assert.ok(before.size >= 2);
  return {
    clients,
    async requireUnharmed() {
      assert.deepEqual(keysOf(await readLedger(stack), bystander), before);
      for await (const { event } of core.verifyLedger({ includeConsistent: false })) {
        assert.notEqual(event.case, "account", JSON.stringify(event, replaceBigInt));
      }
      assert.equal((await core.getBalance({ accountId: bystander })).balance?.available?.amount, "1000");
    },
    close: () => transports.close(),
  };
}

/** The keys of one account, which stand in a bucket with others. */
function keysOf(ledger: LedgerSnapshot, accountId: string): LedgerSnapshot {
  const own = new RegExp(`^\\{[a-z0-9]+\\}:[a-z]:${accountId}(:|$)`);
  return new Map([...ledger].filter(([key]) => own.test(key)));
}

function replaceBigInt(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

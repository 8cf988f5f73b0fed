import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { auditAccount } from "../store/testing/account-audit.ts";
import { readServerTimeMs } from "../store/testing/test-store.ts";
import { anyCreditLimit, anyProposal } from "./testing/model/any-operation.ts";
import { postingOperations } from "./testing/model/operations.ts";
import { type ModelInventory, type Proposal, resolveProposal } from "./testing/model/proposal.ts";
import { RealAccount } from "./testing/model/real-account.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";
import { AccountVerifier } from "./verification/account-verifier.ts";

let ledger: TestLedger;
before(async () => {
  ledger = await startTestLedger();
});
after(() => ledger.stop());

const lanes = 8;
const calm = new AbortController().signal;

/** Plays operations on one account from several sides at once, each twice at the same time with one key. */
class Crowd {
  readonly #account: RealAccount;
  /** Sequences of charges and commits. */
  readonly #spending: number[] = [];

  constructor(account: RealAccount) {
    this.#account = account;
  }

  async play(proposals: readonly Proposal[]): Promise<void> {
    const waiting = proposals.entries();
    const lane = async () => {
      for (const [number, proposal] of waiting) await this.#performTwice(proposal, `key-${number}`);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  async #performTwice(proposal: Proposal, key: string): Promise<void> {
    const request = resolveProposal(proposal, this.#inventory());
    if (request === undefined) return;
    const outcomes = await Promise.all([1, 2].map(() => this.#account.perform(request, key)));
    const answered = outcomes.map(({ answer }) => answer).filter((answer) => !/^[A-Z]/.test(answer));
    if (!postingOperations.has(request.do) || answered.length === 0) return;
    const [first, second = first] = answered.map((answer) => answer.replace(/^replay /, ""));
    assert.equal(second, first, "one key has one answer");
    const sequence = Number(/^ok #(\d+)/.exec(first!)?.[1]);
    if (request.do === "charge" || request.do === "commit") this.#spending.push(sequence);
  }

  /** What is known of the account, which others change meanwhile. */
  #inventory(): ModelInventory {
    return {
      holds: this.#account.holds.map(() => 10n),
      grants: this.#account.grants,
      entries: 20,
      refundable: new Map(this.#spending.map((sequence) => [sequence, 20n])),
      spendable: 50n,
      references: new Map([
        ["pi_1", 20n],
        ["pi_2", 20n],
      ]),
    };
  }
}

test("whatever runs at once, in duplicate, leaves an account that adds up, also to a verification meanwhile", async () => {
  const proposals = fc.array(anyProposal, { minLength: 40, maxLength: 120, size: "max" });
  const property = fc.asyncProperty(anyCreditLimit, proposals, async (creditLimit, played) => {
    const accountId = `crowd-${randomUUID()}`;
    await ledger.create(accountId, creditLimit);
    const account = new RealAccount(ledger, accountId, await readServerTimeMs(ledger));
    const verifier = new AccountVerifier(ledger.store);
    const [meanwhile] = await Promise.all([
      verifier.verify(accountId, calm),
      new Crowd(account).play(played),
    ]);
    assert.deepEqual(meanwhile.faults, []);
    const { columns } = await auditAccount(ledger, accountId);
    const [available, reserved, funded, spent, expired] = columns;
    assert.equal(funded, available + reserved + spent + expired);
    assert.deepEqual((await verifier.verify(accountId, calm)).faults, []);
  });
  await fc.assert(property, { numRuns: 20, endOnFailure: true });
});

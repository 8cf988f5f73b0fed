import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { accountKeys } from "../../../store/keys.ts";
import { auditAccount } from "../../../store/testing/account-audit.ts";
import { readServerTimeMs, waitUntilServerTime } from "../../../store/testing/test-store.ts";
import { AccountVerifier } from "../../verification/account-verifier.ts";
import type { TestLedger } from "../test-ledger.ts";
import { anyCreditLimit, anyProposal } from "./any-operation.ts";
import { LedgerModel } from "./ledger-model.ts";
import { type ModelOperation, postingOperations } from "./operations.ts";
import { type Proposal, resolveProposal } from "./proposal.ts";
import { RealAccount } from "./real-account.ts";

/** An answer that a repeated call must get again. */
interface Answered {
  readonly request: ModelOperation;
  readonly key: string;
  readonly answer: string;
}

/** Plays operations on the model and on the real ledger and compares every answer and everything that is stored. */
class Play {
  readonly #ledger: TestLedger;
  #model: LedgerModel;
  readonly #real: RealAccount;
  readonly #answered: Answered[] = [];

  private constructor(ledger: TestLedger, real: RealAccount, model: LedgerModel) {
    this.#ledger = ledger;
    this.#real = real;
    this.#model = model;
  }

  static async begin(ledger: TestLedger, creditLimit: bigint): Promise<Play> {
    const accountId = `model-${randomUUID()}`;
    await ledger.create(accountId, creditLimit);
    const real = new RealAccount(ledger, accountId, await readServerTimeMs(ledger));
    return new Play(ledger, real, LedgerModel.withLimit(creditLimit));
  }

  async perform(proposal: Proposal, key: string): Promise<void> {
    const request = resolveProposal(proposal, this.#model.inventory);
    if (request === undefined) return;
    if (request.do === "wait") await this.#waitForEnd();
    const beforeMs = await readServerTimeMs(this.#ledger);
    const { answer, expiresMs } = await this.#real.perform(request, key);
    const afterMs = await readServerTimeMs(this.#ledger);
    const found = `${answer}; ${await this.#describe()}`;
    this.#follow(
      beforeMs,
      afterMs,
      found,
      (model) => {
        const expected = model.perform(request, expiresMs);
        return `${expected}; ${model.describe()}`;
      },
      `${key}: ${wordsOf(request)}`,
    );
    if (postingOperations.has(request.do) && !/^[A-Z]/.test(answer))
      this.#answered.push({ request, key, answer: answer.replace(/^replay /, "") });
  }

  /** Sends again what was answered before. */
  async retry(index: number): Promise<void> {
    const chosen = this.#answered[index % this.#answered.length];
    if (chosen === undefined) return;
    const { answer } = await this.#real.perform(chosen.request, chosen.key);
    assert.equal(answer, `replay ${chosen.answer}`, "a retry");
    assert.equal(await this.#describe(), this.#model.describe(), "a retry changes nothing");
  }

  /**
   * Lets the model do what the ledger did between two times. Where something ended between them the ledger may
   * have seen it or not, or have come in its last ms: the model must agree with one of these.
   */
  #follow(
    beforeMs: number,
    afterMs: number,
    found: string,
    perform: (model: LedgerModel) => string,
    what: string,
  ): void {
    this.#model.passTo(beforeMs);
    const between = this.#model.ends
      .flatMap((endMs) => [endMs - 1, endMs])
      .filter((momentMs) => momentMs > beforeMs && momentMs <= afterMs)
      .sort((a, b) => a - b);
    const tried = [beforeMs, ...between].map((nowMs) => {
      const model = this.#model.copy();
      model.passTo(nowMs);
      return { model, expected: perform(model) };
    });
    const right = tried.find(({ expected }) => expected === found) ?? tried[0]!;
    assert.equal(found, right.expected, what);
    this.#model = right.model;
  }

  async #waitForEnd(): Promise<void> {
    const nextMs = Math.min(...this.#model.ends);
    if (nextMs < (await readServerTimeMs(this.#ledger)) + nearMs)
      await waitUntilServerTime(this.#ledger, nextMs);
  }

  async #describe(): Promise<string> {
    const { columns, sequence, grants, openHolds } = await auditAccount(this.#ledger, this.#real.accountId);
    const described = [...grants.values()]
      .toSorted((a, b) => a.sequence - b.sequence)
      .map(
        (grant) => `${grant.sequence}:${grant.remainingAtoms}(${grant.earmarkedAtoms})-${grant.expiredAtoms}`,
      );
    return [
      `${columns.join(" ")} #${sequence}`,
      `grants ${described.join(" ")}`,
      `held ${[...openHolds.values()].map(String).sort().join(" ")}`,
    ].join("; ");
  }

  /** Verifies the account as the service does. */
  async end(): Promise<void> {
    const verifier = new AccountVerifier(this.#ledger.store);
    const { faults } = await verifier.verify(this.#real.accountId, new AbortController().signal);
    assert.deepEqual(faults, []);
    await this.#ledger.command("DEL", accountKeys(this.#real.accountId).outbox);
  }
}

function wordsOf(request: ModelOperation): string {
  return JSON.stringify(request, (_, value) => (typeof value === "bigint" ? `${value}` : value));
}

/** An end that is further away than this is not waited for. */
const nearMs = 60_000;

/** An operation, or the repetition of an earlier one. */
const step = fc.oneof(
  { weight: 10, arbitrary: anyProposal },
  { weight: 1, arbitrary: fc.record({ retry: fc.nat({ max: 100 }) }) },
);

/**
 * Random operations answer as the model says, and their retries as they did the first time; a failure names the
 * seed and the shortest operations that show it.
 */
export async function assertLedgerIsModel(ledger: TestLedger, numRuns: number): Promise<void> {
  const steps = fc.array(step, { minLength: 1, maxLength: 50, size: "max" });
  const property = fc.asyncProperty(anyCreditLimit, steps, async (creditLimit, played) => {
    const play = await Play.begin(ledger, creditLimit);
    for (const [number, each] of played.entries()) {
      if ("retry" in each) await play.retry(each.retry);
      else await play.perform(each, `key-${number}`);
    }
    await play.end();
  });
  await fc.assert(property, { numRuns });
}

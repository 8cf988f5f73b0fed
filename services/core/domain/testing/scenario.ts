import assert from "node:assert/strict";
import { auditAccount } from "../../store/testing/account-audit.ts";
import { readServerTimeMs, waitUntilServerTime } from "../../store/testing/test-store.ts";
import { CoreError } from "../core-error.ts";
import { type GrantTerms, type Overage, plainPriority } from "../operations.ts";
import type { Reservation } from "../reservation.ts";
import { encodeTransactionId } from "../resource-id.ts";
import type { AccountResult, HoldResult, PostingResult } from "../results.ts";
import { endGrant } from "./end-grant.ts";
import { endHold } from "./end-hold.ts";
import { idempotencyOf, type TestLedger } from "./test-ledger.ts";

/**
 * A step of a scenario, as one line: what is done, what is answered, and what the account is afterwards as
 * "available reserved funded spent expired #sequence".
 *
 * Operations: `credit <amount> [promo] [ref=<reference>] [sent=<text>]`, with `[grant=<name>]
 * [priority=<0 to 100>] [ttl=<ms>]` as a grant; `charge <amount>`,
 * `reserve <hold> <amount> [ttl=<ms>] [capture]`, `release <hold>`, `expire <hold>`, `read <hold>`,
 * `commit <hold> <amount> [reject|cap] [keep_open] [accept_expired]`, `due <hold>` (waits for its expiry),
 * `end_hold <hold>` (moves its end to now),
 * `extend <hold> [ttl=<ms>] [to=<amount>]`, `adjust <signed amount> [allow_negative]`,
 * `refund <entry> [amount=<amount>]`, `reverse <reference> <total> <revision>`, `expire_grant <name>`, `end_grant <name>` (moves its end to now),
 * `freeze <reason>`, `unfreeze <reason>`, `close [version=<version>]`,
 * `update [version=<version>] [limit=<amount>] [book=<book>]`; each posting with `[key=<key>]`.
 * `grants <name> …` tells what is left and expired of them, as `<name>:<remaining>` with `(<earmarked>)` and
 * `-<expired>` where there is any, and `plain:<amount>`.
 *
 * Answers: an error's reason with the metadata named; `ok`, or `replay` in front of what follows; for a hold
 * `<state> <remaining>/<captured>`; for an account `<state> version=<version>`; `uncollected=<amount>`;
 * `entry=<sequence>` of the transaction and `balance=<available>` of the answer.
 */
export type Step = readonly [operation: string, answer: string, after: string];

interface Scene {
  readonly test: TestLedger;
  readonly accountId: string;
  readonly holds: Map<string, Reservation>;
  /** Grants by name; each is named by its sequence. */
  readonly grants: Map<string, { readonly sequence: number }>;
}

interface Words {
  readonly plain: readonly string[];
  readonly named: Readonly<Record<string, string>>;
  has(word: string): boolean;
}

/** Plays the steps on a new account and checks every answer, the columns, and all that is always true. */
export async function playScenario(
  test: TestLedger,
  accountId: string,
  creditLimitAtoms: bigint,
  steps: readonly Step[],
): Promise<void> {
  await test.create(accountId, creditLimitAtoms);
  const scene: Scene = { test, accountId, holds: new Map(), grants: new Map() };
  for (const [number, [operation, answer, after]] of steps.entries()) {
    const where = `step ${number + 1}: ${operation}`;
    const facts = await perform(scene, operation);
    for (const word of answer.split(" ")) {
      assert.ok(facts.split(" ").includes(word), `${where}: expected ${word} in the answer "${facts}"`);
    }
    if (!answer.includes("replay")) assert.ok(!facts.includes("replay"), `${where}: must be no replay`);
    const { columns, sequence } = await auditAccount(test, accountId);
    assert.equal(`${columns.join(" ")} #${sequence}`, after, where);
  }
}

async function perform(scene: Scene, text: string): Promise<string> {
  const words = text.split(" ");
  const named = Object.fromEntries(words.filter((word) => word.includes("=")).map((word) => word.split("=")));
  const operation = operations[words[0]!];
  if (operation === undefined) throw new Error(`no such operation: ${text}`);
  try {
    return await operation(scene, { plain: words.slice(1), named, has: (word) => words.includes(word) });
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    const metadata = Object.entries(error.metadata).map(([name, value]) => `${name}=${value}`);
    return [error.reason, ...metadata].join(" ");
  }
}

const operations: Readonly<Record<string, (scene: Scene, words: Words) => Promise<string>>> = {
  credit: async ({ test, accountId, grants }, { plain, named, has }) => {
    const amount = BigInt(plain[0]!);
    const grant = named.grant === undefined ? undefined : await grantTerms(test, named);
    const result = await test.credit(accountId, amount, {
      kind: has("promo") ? "PROMOTIONAL" : "PURCHASED",
      externalReference: named.ref ?? "",
      ...(named.sent ? { amountSent: named.sent } : {}),
      grant,
      ...keyed("Credit", plain, named.key),
    });
    const { sequence } = result.transaction;
    if (grant !== undefined) grants.set(named.grant!, { sequence });
    return describe(result);
  },
  charge: async ({ test, accountId }, { plain, named }) =>
    describe(await test.charge(accountId, BigInt(plain[0]!), keyed("Charge", plain, named.key))),
  reserve: async ({ test, accountId, holds }, { plain, named, has }) => {
    const result = await test.reserve(accountId, BigInt(plain[1]!), {
      holdTtlMs: Number(named.ttl ?? "600000"),
      onExpiry: has("capture") ? "CAPTURE" : "RELEASE",
      ...keyed("Reserve", plain, named.key),
    });
    holds.set(plain[0]!, result.reservation);
    return describeHold(result);
  },
  commit: async (scene, { plain, named, has }) => {
    const overage: Overage = has("reject") ? "REJECT" : has("cap") ? "CAP" : "DEBT";
    const more = { overage, keepOpen: has("keep_open"), acceptExpired: has("accept_expired") };
    const call = { ...more, ...keyed("Commit", plain, named.key) };
    return describeHold(await scene.test.commit(holdOf(scene, plain).reservationId, BigInt(plain[1]!), call));
  },
  extend: async (scene, { plain, named }) => {
    const more = {
      holdTtlMs: named.ttl === undefined ? undefined : Number(named.ttl),
      remainingAtoms: named.to === undefined ? undefined : BigInt(named.to),
      ...keyed("Extend", [...plain, JSON.stringify(named)], named.key),
    };
    return describeHold(await scene.test.extend(holdOf(scene, plain).reservationId, more));
  },
  adjust: async ({ test, accountId }, { plain, named, has }) =>
    describe(
      await test.corrections.adjust({
        ...correction("Adjust", plain, named.key),
        accountId,
        amountAtoms: BigInt(plain[0]!),
        allowNegative: has("allow_negative"),
      }),
    ),
  refund: async ({ test, accountId }, { plain, named }) =>
    describe(
      await test.corrections.refund({
        ...correction("Refund", plain, named.key),
        transactionId: encodeTransactionId({ accountId, sequence: Number(plain[0]) }),
        amountAtoms: named.amount === undefined ? undefined : BigInt(named.amount),
      }),
    ),
  reverse: async ({ test, accountId }, { plain, named }) => {
    const result = await test.corrections.reverseCredit({
      ...correction("ReverseCredit", plain, named.key),
      accountId,
      source: "admin",
      externalReference: plain[0]!,
      reversedAtoms: BigInt(plain[1]!),
      revision: BigInt(plain[2]!),
    });
    const { transaction, superseded, idempotentReplay } = result;
    if (transaction !== undefined) return describe({ ...result, transaction });
    const state = superseded ? "superseded" : "unchanged";
    return `${idempotentReplay ? "replay " : ""}${state} balance=${result.balance.availableAtoms}`;
  },
  release: async (scene, { plain, named }) =>
    describeHold(
      await scene.test.release(holdOf(scene, plain).reservationId, keyed("Release", plain, named.key)),
    ),
  expire: async (scene, { plain }) =>
    (await scene.test.ledger.expireHold(holdOf(scene, plain).reservationId)) ? "expired" : "unchanged",
  read: async (scene, { plain }) => {
    const { reservation } = await scene.test.ledger.getReservation(holdOf(scene, plain).reservationId);
    return describeReservation(reservation);
  },
  due: async (scene, { plain }) => {
    await waitUntilServerTime(scene.test, holdOf(scene, plain).expiresMs);
    return "ok";
  },
  end_hold: async (scene, { plain }) => {
    await endHold(scene.test, holdOf(scene, plain).reservationId);
    return "ok";
  },
  expire_grant: async (scene, { plain }) =>
    (await scene.test.ledger.expireGrant(scene.accountId, grantOf(scene, plain[0]!).sequence))
      ? "expired"
      : "unchanged",
  end_grant: async (scene, { plain }) => {
    await endGrant(scene.test, scene.accountId, grantOf(scene, plain[0]!).sequence);
    return "ok";
  },
  grants: async (scene, { plain }) => {
    const { grants, columns } = await auditAccount(scene.test, scene.accountId);
    const remaining = [...grants.values()].reduce((sum, { remainingAtoms }) => sum + remainingAtoms, 0n);
    const described = plain.map((name) => {
      const grant = grants.get(grantOf(scene, name).sequence);
      const earmarked = grant?.earmarkedAtoms ? `(${grant.earmarkedAtoms})` : "";
      const expired = grant?.expiredAtoms ? `-${grant.expiredAtoms}` : "";
      return `${name}:${grant?.remainingAtoms}${earmarked}${expired}`;
    });
    return [...described, `plain:${columns[0] + columns[1] - remaining}`].join(" ");
  },
  freeze: async ({ test, accountId }, { plain }) =>
    describeAccount(await test.administration.freeze({ accountId, freezeReason: plain[0]!, comment: "" })),
  unfreeze: async ({ test, accountId }, { plain }) =>
    describeAccount(await test.administration.unfreeze({ accountId, freezeReason: plain[0]!, comment: "" })),
  close: async ({ test, accountId }, { named }) =>
    describeAccount(await test.administration.close(accountId, BigInt(named.version ?? "0"), "")),
  update: async ({ test, accountId }, { named }) =>
    describeAccount(
      await test.administration.update({
        accountId,
        configVersion: BigInt(named.version ?? "1"),
        creditLimitAtoms: named.limit === undefined ? undefined : BigInt(named.limit),
        priceBook: named.book,
        setLabels: {},
        removeLabels: [],
        lowBalanceThresholds: undefined,
        comment: "",
      }),
    ),
};

function correction(method: string, request: readonly string[], key: string | undefined) {
  return { idempotency: idempotencyOf(method, request, key), memo: "" };
}

async function grantTerms(test: TestLedger, { priority, ttl }: Words["named"]): Promise<GrantTerms> {
  return {
    priority: Number(priority ?? plainPriority),
    expiresMs: ttl === undefined ? undefined : (await readServerTimeMs(test)) + Number(ttl),
  };
}

function grantOf({ grants }: Scene, name: string) {
  const grant = grants.get(name);
  if (grant === undefined) throw new Error(`no grant ${name}`);
  return grant;
}

function describeAccount({ account, idempotentReplay }: AccountResult): string {
  return `${idempotentReplay ? "unchanged" : "ok"} ${account.state} version=${account.configVersion}`;
}

function holdOf({ holds }: Scene, [name]: readonly string[]): Reservation {
  const hold = holds.get(name!);
  if (hold === undefined) throw new Error(`no hold ${name}`);
  return hold;
}

function keyed(method: string, request: readonly string[], key: string | undefined) {
  return key === undefined
    ? {}
    : {
        idempotency: idempotencyOf(
          method,
          request.filter((word) => !word.startsWith("key=")),
          key,
        ),
      };
}

function describe({ transaction, balance, idempotentReplay }: PostingResult): string {
  const facts = [
    idempotentReplay ? "replay" : "ok",
    `entry=${transaction.sequence}`,
    `balance=${balance.availableAtoms}`,
    `amount=${transaction.amountAtoms}`,
    `uncollected=${transaction.uncollectedAtoms}`,
    `type=${transaction.type}`,
  ];
  return facts.join(" ");
}

function describeHold(result: HoldResult): string {
  return `${describe(result)} ${describeReservation(result.reservation)}`;
}

function describeReservation(reservation: Reservation): string {
  const { state, remainingAtoms, capturedAtoms, settledBy, settlingTransactionIds } = reservation;
  return `${state} ${remainingAtoms}/${capturedAtoms} by=${settledBy} settlements=${settlingTransactionIds.length}`;
}

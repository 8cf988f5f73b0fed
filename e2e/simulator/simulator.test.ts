import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { accountKeys } from "../../services/core/store/keys.ts";
import { deliver } from "../stripe/webhooks.ts";
import type { Action, Step } from "./action.ts";
import { awaitEnds, BrokenPromise, checkSystem, requireAllEventsDone } from "./check-system.ts";
import type { Deed } from "./deed.ts";
import { faultNames, faultsOfRound, nameOf } from "./fault-plan.ts";
import { countRounds, planRound } from "./plan.ts";
import { chargeRequest } from "./requests.ts";
import { SimulatedAccount } from "./simulated-account.ts";
import { Storyteller } from "./storyteller.ts";
import { type SimulatedSystem, startSystem } from "./system.ts";
import { TopUps } from "./top-up.ts";

let system: SimulatedSystem;
let redis: Redis;
before(async () => {
  system = await startSystem();
});
after(async () => {
  await redis?.close();
  await system?.stop();
});

test("the same seed gives the same plan, and another one another", () => {
  const options = { seed: 5, operations: 1_000 };
  assert.deepEqual(planRound(options, 3), planRound(options, 3));
  assert.notDeepEqual(planRound(options, 3), planRound({ ...options, seed: 6 }, 3));
});

for (const operations of [2_000, 10_000, 100_000]) {
  test(`a run of ${operations} operations has every fault, whatever the seed`, () => {
    for (const seed of [1, 2, 3, 2 ** 31 - 1]) {
      const rounds = Array.from({ length: countRounds({ seed, operations }) }, (_, index) => index);
      const dealt = rounds.flatMap((index) => faultsOfRound(seed, index, operations).map(nameOf));
      assert.deepEqual(new Set(dealt), faultNames);
    }
  });
}

const amount = 1_000_000n;
const opening: readonly Action[] = [
  { do: "open", currency: "USD", limitAtoms: 0n },
  { do: "credit", atoms: 100n * amount, kind: "PURCHASED", hasReference: true, grant: undefined },
];
const charge: Action = { do: "charge", price: { atoms: amount } };

function stepsOf(actions: readonly Action[], firstNumber: number): Step[] {
  return actions.map((action, index) => ({
    number: firstNumber + index,
    action,
    door: "grpc",
    again: undefined,
  }));
}

/** An account with a charge on it. */
class Scene {
  readonly account: SimulatedAccount;
  readonly #teller: Storyteller;

  private constructor(teller: Storyteller) {
    this.#teller = teller;
    this.account = teller.accounts.get(0)!;
  }

  static async set(name: string): Promise<Scene> {
    const teller = new Storyteller(system, new TopUps(system), () => `planted-${name}`);
    await teller.tell({ account: 0, steps: stepsOf([...opening, charge], 1) }, () => {});
    return new Scene(teller);
  }

  get keys() {
    return accountKeys(this.account.accountId);
  }

  async charge(): Promise<Deed> {
    await this.#teller.tell({ account: 0, steps: stepsOf([charge], 4) }, () => {});
    return this.account.deeds.get("op-4")!;
  }

  check(): Promise<void> {
    const { told } = this.#teller;
    const retiredCounts = new Map();
    return checkSystem({ system, accounts: [this.account], payments: told.payments, retiredCounts });
  }
}

async function keysOf(pattern: string): Promise<string[]> {
  return redis.command<string[]>("", ["KEYS", pattern]);
}

/** What is done to the stored state behind the back of the services, and what the check says of it. */
const plants: Readonly<Record<string, { plant: (scene: Scene) => Promise<void>; found: RegExp }>> = {
  "an effect that is done twice since the record of its key was lost": {
    plant: async (scene) => {
      const deed = await scene.charge();
      // Those of each day: midnight may lie between the charges.
      const records = await keysOf(`*:i:${scene.account.accountId}:*`);
      assert.ok(records.length > 0);
      for (const key of records) await redis.command("", ["DEL", key]);
      await system.direct.core.charge(chargeRequest(deed, { atoms: amount }));
    },
    found: /entry 5 does op-4 a second time, after entry 4/,
  },
  "an acknowledged effect that is lost": {
    plant: async (scene) => {
      const keys = await keysOf(`*:${scene.account.accountId}*`);
      const dumped = await Promise.all(
        keys.map((key) => redis.command("", ["COPY", key, `saved:${key}`, "REPLACE"])),
      );
      assert.equal(dumped.length, keys.length);
      await scene.charge();
      for (const key of keys) await redis.command("", ["COPY", `saved:${key}`, key, "REPLACE"]);
    },
    found: /op-4 was answered with entry 4, which is lost/,
  },
  "an effect that nobody asked for": {
    plant: async ({ account: { accountId } }) => {
      const price = { case: "amount", value: { money: { currencyCode: "USD", amount: "0.01" } } } as const;
      await system.direct.core.charge({ accountId, price, idempotencyKey: "stray" });
    },
    found: /entry 4 has the key stray, with which nobody called/,
  },
  "a column that is not what the journal says": {
    plant: async ({ keys }) => {
      await redis.command("", ["HSET", keys.account, "a", "12345"]);
    },
    found: /has the balance 12345 /,
  },
};

describe("the check finds", () => {
  before(async () => {
    redis = await connectTestRedis(system.redisUrl);
  });
  for (const [index, [name, { plant, found }]] of Object.entries(plants).entries()) {
    test(name, async () => {
      const scene = await Scene.set(String(index));
      await plant(scene);
      await assert.rejects(scene.check(), (error: unknown) => {
        assert.ok(error instanceof BrokenPromise, String(error));
        assert.match(error.message, found);
        return true;
      });
    });
  }
});

describe("the check", () => {
  test("reads no account twice at a time when reading another one fails", async () => {
    const [slow, failing] = [await Scene.set("slow"), await Scene.set("failing")];
    const { core } = system.direct;
    let failures = 0;
    const exportTransactions: typeof core.exportTransactions = async function* (request, options) {
      if (request.accountId === failing.account.accountId && failures++ === 0) throw new Error("cut off");
      // Longer than the pause before the next look.
      if (request.accountId === slow.account.accountId) await pause(600);
      yield* core.exportTransactions(request, options);
    };
    const direct = { ...system.direct, core: { ...core, exportTransactions } };
    const accounts = [slow.account, failing.account].map(
      ({ accountId, currency }) => new SimulatedAccount(accountId, currency, 0n),
    );
    for (const [index, { account }] of [slow, failing].entries())
      for (const [key, deed] of account.deeds) accounts[index]!.deeds.set(key, deed);
    const checked = { system: { ...system, direct }, accounts, payments: [], retiredCounts: new Map() };
    await awaitEnds(checked, 0);
    assert.equal(failures, 2);
    assert.deepEqual(
      accounts.map(({ model }) => model.sequence),
      [3, 3],
    );
  });

  test("waits for what Admin still has to do about an event that it took", async () => {
    const { account } = await Scene.set("paid-late");
    const { accountId } = account;
    const { payment } = await system.direct.admin.createCheckoutSession({
      accountId,
      amount: { currencyCode: "USD", amount: "5.00" },
      idempotencyKey: "paid-late",
    });
    const events: Parameters<typeof deliver>[0][] = [];
    system.stripe.records.onEvent((event) => events.push(event));
    system.stripe.checkout.pay(payment!.checkoutSessionId);
    const core = system.stack.pidOf("core")!;
    process.kill(core, "SIGSTOP");
    try {
      for (const event of events) assert.equal((await deliver(event, system.webhook)).status, 200);
      await assert.rejects(requireAllEventsDone({ system }), /^Error: Admin is not done with the /);
    } finally {
      process.kill(core, "SIGCONT");
    }
    await eventually(() => requireAllEventsDone({ system }), 120_000);
    const { balance } = await system.direct.core.getBalance({ accountId });
    assert.equal(balance?.available?.amount, "5.99");
  });
});

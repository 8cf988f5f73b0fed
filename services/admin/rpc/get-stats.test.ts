import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { Reachability, StripeState } from "#gen/billing/admin/v1/stats_pb.ts";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import { testToken } from "#platform/testing/service.ts";
import type { StripeUse } from "../domain/stats.ts";
import { accountSummary, startFakeCore } from "../testing/fake-core.ts";
import { type AdminOptions, core, missing, nobody, redis, withAdmin } from "../testing/stats-of-fakes.ts";

const accounts = [
  accountSummary("a", "USD", { posted: "0.1", funded: "0.3", spent: "0.2" }),
  accountSummary("b", "USD", { posted: "0.2", funded: "0.2", reserved: "0.15" }),
  accountSummary("c", "USD", { posted: "-5.000000001", spent: "5.000000001" }, AccountState.FROZEN),
  accountSummary("d", "EUR", { posted: "3", funded: "4", expired: "1" }),
  accountSummary("e", "EUR", {}, AccountState.CLOSED),
];

describe("GetStats", () => {
  test("counts accounts and sums balances exactly over all pages, and keeps the walk for a while", async () => {
    core.accounts = accounts;
    core.pageSize = 2;
    await withAdmin({}, async (readStats) => {
      const callsBefore = core.calls;
      const [stats] = await Promise.all([readStats(), readStats()]);
      await readStats();
      assert.equal(core.calls - callsBefore, 3, "three pages, walked once for three callers");
      assert.deepEqual(
        [stats.accounts?.total, stats.accounts?.active, stats.accounts?.frozen, stats.accounts?.closed],
        [5n, 3n, 1n, 1n],
      );
      assert.equal(stats.accounts?.inDebt, 1n);
      assert.deepEqual(
        stats.totals.map(({ $typeName: _, $unknown: __, ...totals }) => totals),
        [
          {
            currencyCode: "EUR",
            accountCount: 2n,
            liabilities: "3",
            debts: "0",
            reserved: "0",
            funded: "4",
            spent: "0",
            expired: "1",
          },
          {
            currencyCode: "USD",
            accountCount: 3n,
            liabilities: "0.3",
            debts: "-5.000000001",
            reserved: "0.15",
            funded: "0.5",
            spent: "5.200000001",
            expired: "0",
          },
        ],
      );
      assert.deepEqual([missing(stats, "accounts"), missing(stats, "totals")], [undefined, undefined]);
    });
  });

  test("shows services, versions, store and Stripe, and names what nothing counts", async () => {
    await withAdmin({}, async (readStats) => {
      const stats = await readStats();
      assert.deepEqual(
        stats.services.map(({ service, reachability, version }) => [service, reachability, version]),
        [
          ["core", Reachability.SERVING, "0.0.0"],
          ["pricing", Reachability.UNREACHABLE, "0.0.0"],
          ["exchange", Reachability.UNREACHABLE, ""],
          ["monitoring", Reachability.UNREACHABLE, ""],
          ["admin", Reachability.NOT_SERVING, "1.2.3"],
        ],
      );
      const [first, second, third, , last] = stats.services;
      assert.equal(first?.error, "");
      assert.ok(first?.latency && first.latency.nanos > 0);
      assert.match(second?.error ?? "", /another service is at/);
      assert.equal(third?.error, "does not answer: the connection was refused");
      assert.equal(third?.latency, undefined);
      assert.equal(last?.error, "does not serve: too early");
      assert.equal(stats.stripe?.state, StripeState.NOT_CONFIGURED);
      assert.equal(stats.pendingAdjustmentCount, 3);
      assert.equal(stats.softwareVersion, "1.2.3");
      assert.match(stats.storeVersion, /^(redis|valkey) \d+\.\d+/);
      assert.ok(stats.uptime && stats.uptime.seconds < 60n);
      assert.ok(stats.asOf && Math.abs(Date.now() - timestampMs(stats.asOf)) < 60_000);
      assert.equal(stats.partial, true);
      assert.deepEqual(
        stats.missing.map(({ field }) => field),
        [
          "open_hold_count",
          "decline_count_24h",
          "firing_alert_count",
          "expiring_hold_count",
          "transaction_count",
          "transaction_count_24h",
        ],
      );
      assert.equal(missing(stats, "open_hold_count"), "monitoring did not answer");
    });
  });

  test("shows what Monitoring counts, and names what it has no figure of", async () => {
    const activity = async () => ({ openHolds: 4n, declines24h: undefined, firingAlerts: 2 });
    await withAdmin({ activity }, async (readStats) => {
      const stats = await readStats();
      assert.deepEqual([stats.openHoldCount, stats.firingAlertCount], [4n, 2]);
      assert.equal(missing(stats, "open_hold_count"), undefined);
      assert.equal(missing(stats, "decline_count_24h"), "Monitoring has no figure of it");
    });
  });

  test("reports how the connection to Stripe stands", async () => {
    const cases: Array<[stripe: Partial<StripeUse>, state: StripeState]> = [
      [{ configured: true, livemode: true }, StripeState.OK],
      [{ configured: true, lastError: "no answer" }, StripeState.FAILING],
    ];
    for (const [stripe, state] of cases) {
      await withAdmin(
        { stripe: { ...stripe, unappliedPayments: 3, lastEventAtMs: 1_000 } },
        async (readStats) => {
          const stats = await readStats();
          assert.deepEqual([stats.stripe?.state, stats.stripe?.livemode], [state, stripe.livemode ?? false]);
          assert.equal(stats.stripe?.unappliedPaymentCount, 3n);
          assert.equal(timestampMs(stats.stripe!.lastEventAt!), 1_000);
          assert.equal(missing(stats, "stripe"), undefined);
        },
      );
    }
  });

  const faults: Array<{
    name: string;
    options: () => Promise<AdminOptions & { end?: () => Promise<void> }>;
    reason: RegExp;
  }> = [
    {
      name: "Core cannot be reached",
      options: async () => ({ coreUrl: nobody }),
      reason: /^the service core did not answer$/,
    },
    {
      name: "Core does not list accounts",
      options: async () => {
        const old = await startFakeCore(redis, { listsAccounts: false });
        return { coreUrl: old.baseUrl, end: old.drain };
      },
      reason: /^this Billing Core does not list accounts$/,
    },
    {
      name: "Core refuses Admin's token",
      options: async () => ({ secret: "Wq5Zn8Xc2Vb7Lm4Kj9Hg1Fd6Sa3Po0Iu" }),
      reason: /^core refused this service$/,
    },
    {
      name: "Core's store is away",
      options: async () => {
        core.broken = true;
        return {
          end: async () => {
            core.broken = false;
          },
        };
      },
      reason: /core|store/,
    },
    {
      name: "an amount is in another currency than its account",
      options: async () => {
        const { balance, account } = accountSummary("x", "USD", {});
        core.accounts = [{ balance: balance!, account: { ...account!, currencyCode: "EUR" } as never }];
        return {};
      },
      reason: /account x came with an amount that is not in its currency/,
    },
    {
      name: "an account comes without a balance",
      options: async () => {
        const { account } = accountSummary("x", "USD", {});
        core.accounts = [{ account: account! }];
        return {};
      },
      reason: /account x came without its state or balance/,
    },
    {
      name: "there are too many accounts",
      options: async () => {
        core.accounts = Array.from({ length: 20_001 }, (_, index) => accountSummary(`a${index}`, "USD", {}));
        core.pageSize = 1_000;
        return {};
      },
      reason: /more than 20000 accounts/,
    },
  ];
  for (const { name, options, reason } of faults) {
    test(`answers without these figures and says why when ${name}`, async () => {
      core.accounts = accounts;
      const { end, ...adminOptions } = await options();
      try {
        await withAdmin(adminOptions, async (readStats) => {
          const stats = await readStats();
          assert.deepEqual([stats.accounts, stats.totals, stats.partial], [undefined, [], true]);
          assert.match(missing(stats, "accounts") ?? "", reason);
          assert.match(missing(stats, "totals") ?? "", reason);
          assert.equal(stats.services.length, 5);
        });
      } finally {
        await end?.();
      }
    });
  }

  test("does not keep a failed walk", async () => {
    core.accounts = accounts;
    core.broken = true;
    await withAdmin({}, async (readStats) => {
      assert.notEqual(missing(await readStats(), "accounts"), undefined);
      core.broken = false;
      assert.equal(missing(await readStats(), "accounts"), undefined);
    });
  });

  test("is refused without a token, without the scope, and for one account", async () => {
    await withAdmin({}, async (_, baseUrl) => {
      const client = createClient(AdminService, createGrpcTransport({ baseUrl }));
      const cases: Array<[token: string | undefined, code: Code]> = [
        [undefined, Code.Unauthenticated],
        [await testToken({ scopes: ["core.read"] }), Code.PermissionDenied],
        [await testToken({ scopes: ["admin.read"], account: "a" }), Code.PermissionDenied],
      ];
      for (const [token, code] of cases) {
        const headers: Record<string, string> =
          token === undefined ? {} : { authorization: `Bearer ${token}` };
        const error = await client.getStats({}, { headers }).then(
          () => undefined,
          (thrown: unknown) => ConnectError.from(thrown),
        );
        assert.equal(error?.code, code);
      }
    });
  });
});

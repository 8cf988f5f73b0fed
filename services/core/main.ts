import { join } from "node:path";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createServiceProber } from "#platform/client/probe-service.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { watchServices } from "#platform/client/service-watch.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { runService } from "#platform/service/run-service.ts";
import { start } from "#platform/service/start.ts";
import { coreSettings } from "./config.ts";
import {
  countUnconfirmed,
  logGate,
  observeSweeper,
  observeTrimmer,
  observeVerification,
} from "./core-metrics.ts";
import { AccountAdministration } from "./domain/account-administration.ts";
import { AccountDirectory } from "./domain/account-directory.ts";
import { startArchiving } from "./domain/archive/archive-campaign.ts";
import { JournalArchiver } from "./domain/archive/journal-archiver.ts";
import { BalanceReading } from "./domain/balance-reading.ts";
import { Billing } from "./domain/billing.ts";
import { Corrections } from "./domain/corrections.ts";
import { ExpirySweeper } from "./domain/expiry-sweeper.ts";
import { Funding } from "./domain/funding.ts";
import { Ledger } from "./domain/ledger.ts";
import { OutboxTrimmer } from "./domain/outbox-trimmer.ts";
import { Rating } from "./domain/rating.ts";
import { ReservationDirectory } from "./domain/reservation-directory.ts";
import { TransactionLog } from "./domain/transaction-log.ts";
import { AccountVerifier } from "./domain/verification/account-verifier.ts";
import { LedgerVerifier } from "./domain/verification/ledger-verifier.ts";
import { startVerifying } from "./domain/verification/verification-schedule.ts";
import { BalanceHub } from "./domain/watch/balance-hub.ts";
import { BalanceWatch } from "./domain/watch/balance-watch.ts";
import { createRateSource } from "./peers/exchange.ts";
import { createPriceCalculator } from "./peers/pricing.ts";
import { accountHandlers } from "./rpc/account-handlers.ts";
import { administrationHandlers } from "./rpc/administration-handlers.ts";
import { balanceHandlers } from "./rpc/balance-handlers.ts";
import { chargeBatchHandlers } from "./rpc/charge-batch-handlers.ts";
import { chargingHandlers } from "./rpc/charging-handlers.ts";
import { fundingHandlers } from "./rpc/funding-handlers.ts";
import { reservationHandlers } from "./rpc/reservation-handlers.ts";
import { resourceOwners } from "./rpc/resource-owners.ts";
import { transactionHandlers } from "./rpc/transaction-handlers.ts";
import { verificationHandlers } from "./rpc/verification-handlers.ts";
import { watchHandlers } from "./rpc/watch-handlers.ts";
import { JournalArchive } from "./store/archive/journal-archive.ts";
import { JournalReader } from "./store/journal-reader.ts";
import { LedgerGate } from "./store/ledger-gate.ts";
import { LedgerStore } from "./store/ledger-store.ts";
import { openReplicatedCalls } from "./store/replicated-store.ts";

await start("core", coreSettings, async ({ settings, redis: connection, log, ...context }) => {
  const minReplicas = settings.LEDGER_MIN_REPLICAS;
  const gate = new LedgerGate(connection, logGate(log));
  const { warnings } = await gate.open(minReplicas);
  const { redis } = gate;
  for (const warning of warnings) log.warn(warning);

  const secret = signingSecret(settings);
  const token = serviceTokenSource(secret, "core", ["pricing.calculate", "exchange.read"]);
  const pricing = createServiceClient({
    service: PricingService,
    peer: "pricing",
    baseUrl: peerUrl(settings, "PRICING"),
    token,
  });
  const exchange = createServiceClient({
    service: ExchangeRateService,
    peer: "exchange",
    baseUrl: peerUrl(settings, "EXCHANGE"),
    token,
  });

  const peers = watchServices({
    pricing: createServiceProber({ service: PricingService, baseUrl: peerUrl(settings, "PRICING") }),
    exchange: createServiceProber({ service: ExchangeRateService, baseUrl: peerUrl(settings, "EXCHANGE") }),
  });

  const archive = new JournalArchive(new LedgerStore(redis), join(settings.DATA_DIR, "journal"));
  const unconfirmed = countUnconfirmed(context.metrics);
  const replicated = minReplicas > 0 ? await openReplicatedCalls(redis, minReplicas, unconfirmed) : undefined;
  const store = new LedgerStore(redis, Date.now, archive, replicated);
  const ledger = new Ledger(store);
  const journal = new JournalReader(store, archive);
  const balances = new BalanceReading(store, journal);
  const transactions = new TransactionLog(store, journal);
  const hub = new BalanceHub({
    redis,
    journal,
    onError: (err) => log.warn({ err }, "the watched balances can't be followed for now"),
  });
  const pageTokens = createPageTokens(secret);
  const verification = observeVerification(context.metrics, log);
  const accountVerifier = new AccountVerifier(store, archive, verification.verified);
  const onlineEntries = settings.CORE_JOURNAL_ONLINE_ENTRIES;
  const archiving = startArchiving({
    redis,
    archiver: new JournalArchiver(store, archive, { onlineEntries, entriesPerFile: 10_000 }),
    onlineEntries,
    onError: (err) => log.error({ err }, "journal entries could not be archived"),
  });
  const rates = createRateSource(exchange);
  const rating = new Rating(createPriceCalculator(pricing), rates);
  const billing = new Billing(ledger, rating);
  const sweeper = new ExpirySweeper({ redis, store, observer: observeSweeper(context.metrics, log) });
  sweeper.start();
  const trimmer = new OutboxTrimmer({
    store,
    bounds: {
      mostEntries: settings.CORE_OUTBOX_ENTRIES,
      readerSilenceMs: settings.CORE_OUTBOX_READER_SILENCE_MS,
    },
    observer: observeTrimmer(context.metrics, log),
  });
  trimmer.start();
  const intervalMs = settings.CORE_VERIFICATION_INTERVAL_MS;
  const verifying =
    intervalMs > 0
      ? startVerifying({ redis, store, archive, intervalMs, observer: verification })
      : undefined;
  const running = await runService({
    ...context,
    settings,
    redis,
    log,
    port: settings.CORE_PORT,
    reasons: [ErrorReasonSchema],
    owners: resourceOwners,
    routes: [
      routesOf(BillingCoreService, {
        ...administrationHandlers(new AccountAdministration(store), ledger),
        ...accountHandlers(ledger, new AccountDirectory(redis, ledger), rates, pageTokens),
        ...balanceHandlers(balances, rates),
        ...watchHandlers(new BalanceWatch(hub, balances, journal)),
        ...fundingHandlers(new Funding(ledger, new Corrections(store), transactions)),
        ...chargingHandlers(billing),
        ...chargeBatchHandlers(billing),
        ...verificationHandlers(accountVerifier, new LedgerVerifier(redis, accountVerifier)),
        ...reservationHandlers(ledger, new ReservationDirectory(redis, ledger, journal), pageTokens),
        ...transactionHandlers(transactions, rating, pageTokens),
      }),
    ],
    notReady: async () => {
      await redis.ping();
      return gate.reasons();
    },
    peers: peers.peers,
  });
  return {
    stop: async () => {
      await running.drain();
      await sweeper.stop();
      await trimmer.stop();
      await hub.stop();
      await archiving.stop();
      await verifying?.stop();
      await peers.stop();
      await replicated?.close();
      await gate.stop();
      pricing.close();
      exchange.close();
    },
  };
});

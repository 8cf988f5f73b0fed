import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { SourceKind } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { defaultRules } from "../../services/monitoring/domain/alert-rules/default-rules.ts";
import { metricCatalogue } from "../../services/monitoring/domain/metrics/definitions/catalogue.ts";
import { type Clients, clientsWith, type GrpcTransports, openGrpcTransports } from "../testing/services.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import { startLedgerLoad } from "./ledger-load.ts";
import { type MetricFamily, readFamilies } from "./metrics-page.ts";

const services = ["core", "pricing", "exchange", "monitoring", "admin"] as const;
const patientMs = 60_000;
const pollMs = 500;

let stack: TestStack;
let transports: GrpcTransports;
let clients: Clients;
/** What each service shows once it has worked. */
const shown = new Map<string, ReadonlyMap<string, MetricFamily>>();

before(async () => {
  stack = await startTestStack();
  transports = openGrpcTransports(stack);
  clients = clientsWith(transports, await stack.token());
  const load = await startLedgerLoad(clients.core, 2);
  await load.stop();
  await eventually(async () => {
    for (const service of services) shown.set(service, await readFamilies(stack.url(service)));
    const counted = shown.get("monitoring")!.get("billing_ledger_entries_total")!;
    assert.ok(counted.samples.length > 0, "nothing was counted yet");
    assert.ok(shown.get("monitoring")!.get("billing_intake_last_success_age_seconds")!.samples.length > 0);
  }, patientMs);
});
after(async () => {
  transports?.close();
  await stack?.stop();
});

/** No page shows it: Monitoring finds out itself who is up. */
const recordedOnly: ReadonlySet<string> = new Set(["billing_service_up"]);

/** Suffixes under which a histogram's samples are named. */
const histogramSuffix = /_(bucket|sum|count)$/;

/** The family that a name in a query means. */
function findFamily(name: string): MetricFamily | undefined {
  for (const families of shown.values()) {
    const family = families.get(name) ?? families.get(name.replace(histogramSuffix, ""));
    if (family !== undefined) return family;
  }
  return undefined;
}

const metricName = /\b(?:billing|nodejs|process)_[a-z0-9_]+/g;
const selector = /\b((?:billing|nodejs|process)_[a-z0-9_]+)\{([^}]*)\}/g;
/** Labels that Prometheus itself adds to what it reads. */
const addedLabels = ["job", "instance", "le"];

const shipped = [
  "deploy/prometheus/rules/holdfast.yml",
  ...readdirSync("deploy/grafana/dashboards").map((file) => `deploy/grafana/dashboards/${file}`),
];

describe("what the services expose", () => {
  for (const file of shipped) {
    test(`holds every metric and label that ${file} names`, () => {
      const text = readFileSync(file, "utf8").replaceAll('\\"', '"');
      const names = new Set(text.match(metricName));
      assert.ok(names.size > 10);
      const unknown = [...names].filter((name) => !recordedOnly.has(name) && findFamily(name) === undefined);
      assert.deepEqual(unknown, []);
      for (const [, name, matchers] of text.matchAll(selector)) {
        const { labelNames } = findFamily(name!) ?? { labelNames: new Set() };
        for (const [, label] of matchers!.matchAll(/([a-z_]+)\s*[=!]/g)) {
          // A family without samples yet shows none of its labels.
          if (labelNames.size > 0 && !addedLabels.includes(label!))
            assert.ok(labelNames.has(label!), `${name} has no label ${label}`);
        }
      }
    });
  }

  test("holds every metric that Monitoring's own rules ask for, or Monitoring records it itself", () => {
    const asked = defaultRules.flatMap(({ spec: { condition } }) =>
      condition.kind === "metric" ? [condition.query.metric, condition.divisor?.metric ?? []].flat() : [],
    );
    const missing = asked.filter((name) => !recordedOnly.has(name) && findFamily(name) === undefined);
    assert.deepEqual(missing, []);
  });

  for (const definition of metricCatalogue.inOrder()) {
    if (recordedOnly.has(definition.name)) continue;
    test(`holds ${definition.name} as the catalogue describes it`, () => {
      const family = findFamily(definition.name);
      assert.ok(family !== undefined, "no service shows it");
      assert.equal(family.type, definition.type);
      const labels = [...family.labelNames].filter((label) => label !== "service" && label !== "le").sort();
      const described = Object.keys(definition.labels).filter((label) => label !== "service");
      if (family.samples.length > 0) assert.deepEqual(labels, described.sort());
    });
  }
});

describe("GetSystemHealth", () => {
  test("tells how far the intake is, how old the sources are and how far the rules are", async () => {
    await eventually(async () => {
      const { health } = await clients.monitoring.getSystemHealth({});
      assert.equal(health?.intake?.eventsBehind, 0n);
      assert.equal(health.intake.oldestEventAge, undefined);
      assert.equal(health.intake.lagged, false);
      assert.equal(health.intake.setAsideMissing + health.intake.setAsideRefilled, 0);
      assert.ok(health.evaluation?.lastSuccessAt);
      const rates = health.sources.filter(({ kind }) => kind === SourceKind.RATES);
      const { providers } = await clients.exchange.listProviders({ enabledOnly: true });
      assert.deepEqual(
        rates.map(({ source, publishedAt, maxAge }) => [source, publishedAt, maxAge]).sort(),
        providers
          .map(({ providerId, status, maxAge }) => [providerId, status?.lastPublishedAt, maxAge])
          .sort(),
      );
      assert.ok(rates.length > 0);
    }, patientMs);
  });
});

describe("GetOverview", () => {
  test("has a tile for holds that end soon, and one for alerts that fire", async () => {
    const accountId = "expiring";
    await clients.core.createAccount({ accountId, currencyCode: "USD" });
    const amount = { currencyCode: "USD", amount: "5" };
    await clients.core.credit({ accountId, amount, source: "admin", idempotencyKey: "first" });
    const price = { case: "amount" as const, value: { money: { currencyCode: "USD", amount: "1" } } };
    const seconds = (count: bigint) => ({ seconds: count, nanos: 0 });
    await clients.core.reserve({ accountId, price, idempotencyKey: "later", holdTtl: seconds(1_800n) });
    const holdTtl = seconds(50n);
    const { reservation } = await clients.core.reserve({ accountId, price, idempotencyKey: "soon", holdTtl });
    const { reservationId } = reservation!;
    await eventually(
      async () => {
        // It goes on ending soon, however long it takes until that is shown.
        await clients.core.extendReservation({ reservationId, holdTtl, idempotencyKey: randomUUID() });
        const { overview } = await clients.monitoring.getOverview({});
        const valueOfTile = (name: string) => overview!.tiles.find((tile) => tile.name === name)?.value;
        assert.equal(valueOfTile("expiring_holds"), "1");
        const { firingCritical, firingWarning, firingInfo } = overview!.alertCounts!;
        assert.equal(valueOfTile("firing_alerts"), String(firingCritical + firingWarning + firingInfo));
        assert.ok(overview?.health?.intake !== undefined && overview.health.evaluation !== undefined);
      },
      patientMs,
      pollMs,
    );
  });
});

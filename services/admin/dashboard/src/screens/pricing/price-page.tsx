import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";
import { Link } from "wouter";
import { type Price, PriceOriginSchema } from "#gen/billing/pricing/v1/price_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { usePathId } from "../../data/path-id.ts";
import { useUrlState } from "../../data/url-state.ts";
import { useBooks } from "../../data/use-books.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { Icon } from "../../design/icon.tsx";
import { PageHeader } from "../../design/page.tsx";
import { Loaded } from "../../design/states.tsx";
import { Tabs, useTab } from "../../design/tabs.tsx";
import { TimeAt } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { ArchiveDialog } from "./archive-dialog.tsx";
import { Calculator } from "./calculator.tsx";
import { PriceBadges } from "./price-list.tsx";
import { describeAdjustments } from "./terms/describe-terms.ts";
import { TermsTable } from "./terms/terms-table.tsx";
import { VersionList } from "./version-list.tsx";

const tabs = [
  ["terms", "Terms"],
  ["calculate", "Calculate"],
  ["versions", "Versions"],
] as const;

/** A price: what it bills, what a usage would cost, and how it came to be so. */
export function Page() {
  const priceId = usePathId("priceId");
  const [priceBook] = useUrlState("book");
  const [priceVersion] = useUrlState("version");
  const found = useQuery(PricingService.method.getPrice, {
    priceId,
    selector:
      priceVersion === ""
        ? { case: "priceBook", value: priceBook }
        : { case: "priceVersion", value: priceVersion },
  });
  const known = found.data?.price;
  return (
    <>
      <PageHeader
        title={priceId}
        back={{ href: "/pricing", label: "Pricing" }}
        badges={known && <PriceBadges price={known} />}
        about={
          known &&
          [known.displayName, known.provider, known.mode, known.description].filter(Boolean).join(" · ")
        }
        actions={known && <Actions price={known} />}
      />
      <div className="stack">
        <Tabs label="Parts of the price" tabs={tabs} />
        <Loaded from={found} lines={8}>
          {({ price }) => price && <Part price={price} />}
        </Loaded>
      </div>
    </>
  );
}

function Actions({ price }: { price: Price }) {
  const [isShown, show] = useState(false);
  const mayArchive = usePermission()(PricingService.method.archivePrice);
  return (
    <>
      {mayArchive && !price.archivedAt && (
        <Button icon="lock" onClick={() => show(true)}>
          Archive
        </Button>
      )}
      {isShown && <ArchiveDialog price={price} onClose={() => show(false)} />}
    </>
  );
}

function Part({ price }: { price: Price }) {
  const shown = useTab("terms");
  const [priceVersion, setVersion] = useUrlState("version");
  return (
    <>
      {priceVersion !== "" && shown !== "versions" && (
        <div className="stale" role="status">
          <Icon name="clock" size={16} />
          <span>
            Version <code>{priceVersion}</code>, which need not be the one in force.
          </span>
          <Button size="s" look="quiet" onClick={() => setVersion("")}>
            Show the one in force
          </Button>
        </div>
      )}
      {shown === "versions" ? (
        <VersionList priceId={price.priceId} />
      ) : shown === "calculate" ? (
        <Calculator price={price} />
      ) : (
        <Terms price={price} />
      )}
    </>
  );
}

function Terms({ price }: { price: Price }) {
  const { version } = price;
  const books = useBooks();
  return (
    <div className="stack">
      <Card flush title="What it costs" hint={version?.terms?.currencyCode}>
        <FilterBar>
          <SelectFilter name="book" label="In the book" options={books} />
        </FilterBar>
        <TermsTable terms={version?.terms} />
      </Card>
      <Card title="This version">
        <Facts
          of={[
            ["Version", <code key="version">{version?.priceVersion}</code>],
            ["Book", version?.priceBook],
            ...(version?.bookAdjustments ?? []).map(
              ({ priceBook, adjustments, freeUnits }) =>
                [
                  `Book ${priceBook} changes`,
                  [
                    ...describeAdjustments(adjustments, version?.terms?.currencyCode ?? ""),
                    ...freeUnits.map(({ componentId, units }) => `${units} ${componentId} free`),
                  ].join(", "),
                ] as const,
            ),
            ["In force from", <TimeAt key="from" at={version?.effectiveFrom} />],
            [
              "Until",
              version?.effectiveUntil ? <TimeAt key="until" at={version.effectiveUntil} /> : "the next one",
            ],
            ["Made by", version && enumText(PriceOriginSchema, version.origin)],
            [
              "Import",
              version?.importId && (
                <Link key="import" href={`/pricing/imports/${encodeURIComponent(version.importId)}`}>
                  {version.importId}
                </Link>
              ),
            ],
            ["By", version?.createdBy],
            ["Why", version?.comment],
            ["Source", price.sourceId || "none"],
            ...Object.entries(price.labels),
          ]}
        />
      </Card>
    </div>
  );
}

import { createHash, randomBytes } from "node:crypto";
import { type Lease, tryAcquireLease } from "#platform/lease/lease.ts";
import type { Redis } from "#platform/redis/redis.ts";
import type { SourceStatusStore } from "../../store/source-status-store.ts";
import { decideAnew } from "../catalogue/conflicts.ts";
import { headIds } from "../catalogue/head-ids.ts";
import type { HeadRecord } from "../catalogue/heads.ts";
import { digestOf } from "../catalogue/identity.ts";
import type { LiveCatalogue } from "../catalogue/live-catalogue.ts";
import { PricingError } from "../pricing-error.ts";
import type { FetchList, ListVersion, ReadList } from "./feed-list.ts";
import type { ImportEditor } from "./import-editor.ts";
import type { Imports } from "./import-view.ts";
import { planImport, versionsToCompare } from "./plan-import.ts";
import type { ImportChange, ImportRecord, ImportTrigger, SourceRecord } from "./records.ts";
import type { SourceSettings } from "./source-settings.ts";

/** How the tries to read a source went. */
export interface SourceStatus {
  readonly lastAttemptAtMs: number;
  readonly lastSuccessAtMs?: number;
  readonly consecutiveFailures: number;
  readonly lastErrorReason: string;
  readonly lastErrorMessage: string;
  /** The import of the last success. */
  readonly lastImportId: string;
  /** What the last list was, and how it was read. */
  readonly version: ListVersion;
  readonly contentSha256: string;
  readonly settingsDigest: string;
}

/** What reading needs besides the catalogue. */
export interface ReaderParts {
  readonly redis: Redis;
  readonly imports: Imports;
  readonly statuses: SourceStatusStore<SourceStatus>;
  readonly editor: ImportEditor;
  readonly fetchList: FetchList;
  readonly readList: ReadList;
}

/** How a list is read. */
export interface ReadCall {
  readonly uploaded: Uint8Array;
  readonly ignoreVersion: boolean;
  readonly trigger: ImportTrigger;
  readonly subject: string;
  readonly signal: AbortSignal;
}

const leaseMs = 10_000;

/** Reads sources, one reading of each at a time, and applies what their policy allows. */
export class SourceReader {
  readonly #catalogue: LiveCatalogue;
  readonly #parts: ReaderParts;

  constructor(catalogue: LiveCatalogue, parts: ReaderParts) {
    this.#catalogue = catalogue;
    this.#parts = parts;
  }

  /**
   * Reads a list and says what it would change; changes nothing.
   *
   * @returns the import
   * @throws PricingError FEED_UNREACHABLE, FEED_INVALID, FEED_TOO_LARGE, FEED_ADDRESS_REFUSED, IMPORT_IN_PROGRESS
   */
  async preview(source: SourceRecord, call: ReadCall): Promise<string> {
    return this.inTurn(source.sourceId, async (lease) => {
      const { content } = await this.#fetch(source, call, undefined);
      return this.#import(source, content ?? new Uint8Array(), call, lease);
    });
  }

  /**
   * Reads a list and applies what the policy allows. A list that cannot be read is an import, too; nothing else
   * changes then.
   *
   * @returns the import; the last one when the list is the same as then
   * @throws PricingError IMPORT_IN_PROGRESS
   */
  async sync(source: SourceRecord, call: ReadCall): Promise<string> {
    const { sourceId, settings } = source;
    return this.inTurn(sourceId, async (lease) => {
      const before = await this.#parts.statuses.read(sourceId);
      const attempt = { ...(before ?? neverRead), lastAttemptAtMs: this.#catalogue.now() };
      const settingsDigest = digestOf(settings);
      const known = call.ignoreVersion ? undefined : await this.#lastReading(before, settingsDigest);
      try {
        const { content, version } = await this.#fetch(source, call, known?.version);
        const contentSha256 = content === undefined ? (known?.contentSha256 ?? "") : sha256Of(content);
        const isSame = known !== undefined && contentSha256 === known.contentSha256;
        const importId =
          isSame || content === undefined
            ? (known?.lastImportId ?? "")
            : await this.#import(source, content, call, lease);
        if (!isSame) await this.#applyAllowed(importId, settings, call);
        await this.#parts.statuses.write(sourceId, {
          ...attempt,
          lastSuccessAtMs: this.#catalogue.now(),
          consecutiveFailures: 0,
          lastErrorReason: "",
          lastErrorMessage: "",
          lastImportId: importId,
          version,
          contentSha256,
          settingsDigest,
        });
        return importId;
      } catch (error) {
        if (!(error instanceof PricingError)) throw error;
        return this.#noteFailure(sourceId, attempt, error, call);
      }
    });
  }

  /** Runs while no other instance reads or decides about the source. @throws PricingError IMPORT_IN_PROGRESS */
  async inTurn<T>(sourceId: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    const key = `{pricing}:lease:source:${sourceId}`;
    const attempt = await tryAcquireLease({ redis: this.#parts.redis, key, ttlMs: leaseMs });
    if (attempt.lease === undefined) {
      throw new PricingError("IMPORT_IN_PROGRESS", `another import of ${sourceId} is being read or applied`, {
        metadata: { source_id: sourceId },
        retryAfterMs: Math.max(100, Math.min(1_000, attempt.freeInMs)),
      });
    }
    try {
      return await work(attempt.lease);
    } finally {
      await attempt.lease.release();
    }
  }

  #fetch(
    { sourceId, settings }: SourceRecord,
    { uploaded, signal }: ReadCall,
    known: ListVersion | undefined,
  ) {
    // A list that comes with a call stands in for the source's own.
    const isUploaded = uploaded.length > 0;
    const from: SourceSettings = isUploaded ? { ...settings, location: { kind: "upload" } } : settings;
    return this.#parts.fetchList(sourceId, from, uploaded, known, signal);
  }

  /** The last reading if the same list, read the same way, would mean the same. */
  async #lastReading(
    status: SourceStatus | undefined,
    settingsDigest: string,
  ): Promise<SourceStatus | undefined> {
    if (status === undefined || status.lastImportId === "" || status.settingsDigest !== settingsDigest)
      return undefined;
    return (await this.#parts.imports.read(status.lastImportId)) === undefined ? undefined : status;
  }

  async #import(source: SourceRecord, content: Uint8Array, call: ReadCall, lease: Lease): Promise<string> {
    const { sourceId, settings } = source;
    const { imports, readList } = this.#parts;
    const records = await readList(sourceId, content, settings);
    const nowMs = this.#catalogue.now();
    await this.#catalogue.loadVersions(versionsToCompare(this.#catalogue.state, nowMs));
    const changes = planImport(sourceId, settings, records, this.#catalogue.state, nowMs);
    lease.assertHeld();
    const record = {
      ...importOf(sourceId, call.trigger, nowMs),
      contentSha256: sha256Of(content),
      contentBytes: content.length,
    };
    await this.#writeImport(record, changes);
    const former = await this.#makeLatest(sourceId, record.importId);
    if (former !== "" && former !== record.importId) await imports.setKept(former, false);
    return record.importId;
  }

  async #writeImport(record: ImportRecord, changes: readonly ImportChange[]): Promise<void> {
    const summaries = changes.map(({ priceId, kind, holdReasons }) => ({
      priceId,
      kind,
      isHeld: holdReasons.length > 0,
    }));
    const waits = changes.some(({ kind }) => kind !== "unchanged" && kind !== "skipped");
    await this.#parts.imports.write(record.importId, record, summaries, changes, waits);
  }

  /** From now on nothing that waits in earlier readings can be applied. @returns the latest before */
  async #makeLatest(sourceId: string, importId: string): Promise<string> {
    const id = headIds.mark(`latest:${sourceId}`);
    return decideAnew(async () => {
      const mark = await this.#catalogue.store.heads.get(id);
      const value: HeadRecord = { kind: "mark", value: importId };
      await this.#catalogue.write([], [{ id, expectedVersion: mark?.version ?? 0, value }]);
      return mark?.value.kind === "mark" ? mark.value.value : "";
    });
  }

  async #applyAllowed(
    importId: string,
    { applyPolicy }: SourceSettings,
    { subject }: ReadCall,
  ): Promise<void> {
    const { editor } = this.#parts;
    await editor.adopt(importId);
    if (applyPolicy !== "within_guard") return;
    await editor.applyWithinGuard(importId, { subject, comment: "" });
  }

  async #noteFailure(
    sourceId: string,
    attempt: SourceStatus,
    { reason, message }: PricingError,
    { trigger }: ReadCall,
  ): Promise<string> {
    const record = {
      ...importOf(sourceId, trigger, this.#catalogue.now()),
      errorReason: reason,
      errorMessage: message,
    };
    await this.#writeImport(record, []);
    await this.#parts.statuses.write(sourceId, {
      ...attempt,
      consecutiveFailures: attempt.consecutiveFailures + 1,
      lastErrorReason: reason,
      lastErrorMessage: message,
    });
    return record.importId;
  }
}

const neverRead: Omit<SourceStatus, "lastAttemptAtMs"> = {
  consecutiveFailures: 0,
  lastErrorReason: "",
  lastErrorMessage: "",
  lastImportId: "",
  version: {},
  contentSha256: "",
  settingsDigest: "",
};

const firstRetryMs = 60_000;

/** When a source is due again; undefined when it has no interval. After failures sooner, but not for ever. */
export function nextSyncAtMs(
  { settings }: SourceRecord,
  status: SourceStatus | undefined,
): number | undefined {
  const { syncIntervalMs, disabled, location } = settings;
  if (syncIntervalMs === undefined || disabled || location.kind === "upload") return undefined;
  if (status === undefined) return 0;
  const { consecutiveFailures: failures, lastAttemptAtMs } = status;
  const waitMs =
    failures === 0
      ? syncIntervalMs
      : Math.min(syncIntervalMs, firstRetryMs * 2 ** Math.min(failures - 1, 16));
  return lastAttemptAtMs + waitMs;
}

function importOf(sourceId: string, trigger: ImportTrigger, nowMs: number): ImportRecord {
  const importId = `imp_${nowMs.toString(36).padStart(9, "0")}${randomBytes(5).toString("hex")}`;
  return {
    importId,
    sourceId,
    trigger,
    createdAtMs: nowMs,
    errorReason: "",
    errorMessage: "",
    contentSha256: "",
    contentBytes: 0,
  };
}

function sha256Of(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

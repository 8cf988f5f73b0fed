import { createHash } from "node:crypto";
import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import { CommonError, invalidField } from "#platform/errors/common-error.ts";
import type { SilenceRecord } from "../../store/alerting/muting-records.ts";
import type { LiveDocuments } from "../alerting/live-documents.ts";
import { digestOf } from "../alerting/managed-objects.ts";
import { areSelective, compileMatchers, type LabelMatcher } from "../label-matcher.ts";
import { MonitoringError } from "../monitoring-error.ts";

/** A silence as it is kept. */
export type Silence = StoredDocument<SilenceRecord>;
/** Whether a silence holds. */
export type SilenceState = "scheduled" | "active" | "expired";

/** A request for a silence. */
export interface SilenceRequest {
  readonly idempotencyKey: string;
  readonly matchers: readonly LabelMatcher[];
  /** Undefined: from now on. */
  readonly startMs: number | undefined;
  readonly endMs: number;
  readonly comment: string;
  readonly actor: string;
}

const dayMs = 24 * 60 * 60 * 1_000;
const longestAheadMs = 90 * dayMs;
/** How long silences that are over are shown. */
const keptMs = 30 * dayMs;
const mostNotOver = 1_000;

/** The silences of the last 30 days, and those to come. */
export class Silences {
  readonly #collection: DocumentCollection<SilenceRecord>;
  readonly #live: LiveDocuments;
  readonly #now: () => number;

  constructor(collection: DocumentCollection<SilenceRecord>, live: LiveDocuments, now: () => number) {
    this.#collection = collection;
    this.#live = live;
    this.#now = now;
  }

  /** Latest end first. */
  all(): readonly Silence[] {
    const shownFromMs = this.#now() - keptMs;
    const shown = this.#live.all(this.#collection).filter(({ value }) => value.endMs >= shownFromMs);
    return shown.sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
  }

  /** Those that hold at a time. */
  activeAt(atMs: number): readonly Silence[] {
    return this.#live.all(this.#collection).filter(({ value }) => silenceState(value, atMs) === "active");
  }

  /** When one of them next begins or ends after a time; undefined if none does. */
  nextChangeMs(atMs: number): number | undefined {
    const times = this.#live.all(this.#collection).flatMap(({ value }) => [value.startMs, value.endMs]);
    const later = times.filter((time) => time > atMs);
    return later.length === 0 ? undefined : Math.min(...later);
  }

  /**
   * What a request would make, changing nothing.
   *
   * @throws MATCHER_INVALID, SILENCE_TOO_BROAD, SILENCE_ENDED, REQUEST_INVALID.
   */
  preview(request: SilenceRequest): SilenceRecord {
    compileMatchers(request.matchers);
    if (!areSelective(request.matchers))
      throw new MonitoringError("SILENCE_TOO_BROAD", "every matcher also matches the empty value");
    const nowMs = this.#now();
    const startMs = request.startMs ?? nowMs;
    if (request.endMs <= startMs || request.endMs <= nowMs)
      throw new MonitoringError("SILENCE_ENDED", "the silence would be over before it begins, or is over");
    if (request.endMs > nowMs + longestAheadMs)
      throw invalidField("end_time", "lies more than 90 days ahead");
    return {
      matchers: [...request.matchers],
      startMs,
      endMs: request.endMs,
      comment: request.comment,
      createdAtMs: nowMs,
      createdBy: request.actor,
      requestDigest: requestDigest(request),
    };
  }

  /** Also LIMIT_REACHED, IDEMPOTENCY_KEY_REUSED; a repeat returns the first silence, also when it is over. */
  async create(request: SilenceRequest): Promise<Silence> {
    const id = createHash("sha256").update(request.idempotencyKey).digest("base64url").slice(0, 22);
    const present = await this.#collection.get(id);
    if (present !== undefined) {
      if (present.value.requestDigest === requestDigest(request)) return present;
      throw new CommonError("IDEMPOTENCY_KEY_REUSED", "the idempotency key belongs to another silence");
    }
    const record = this.preview(request);
    this.#checkLimit();
    return this.#put(id, record, 0, () => this.create(request));
  }

  /** Ends a silence now; one that is over stays as it is. @throws SILENCE_NOT_FOUND. */
  async expire(silenceId: string): Promise<Silence> {
    const present = await this.#collection.get(silenceId);
    if (present === undefined) {
      throw new MonitoringError("SILENCE_NOT_FOUND", `there is no silence ${silenceId}`, {
        metadata: { silence_id: silenceId },
      });
    }
    const { value, version } = present;
    const nowMs = this.#now();
    if (silenceState(value, nowMs) === "expired") return present;
    const ended = { ...value, startMs: Math.min(value.startMs, nowMs), endMs: nowMs };
    return this.#put(silenceId, ended, version, () => this.expire(silenceId));
  }

  /** `judgeAgain` is called when another writer came first. */
  async #put(id: string, record: SilenceRecord, version: number, judgeAgain: () => Promise<Silence>) {
    try {
      const document = await this.#collection.put(id, record, version);
      this.#live.takeOver(this.#collection, document);
      return document;
    } catch (error) {
      if (error instanceof CommonError && error.reason === "VERSION_MISMATCH") return judgeAgain();
      throw error;
    }
  }

  #checkLimit(): void {
    const nowMs = this.#now();
    const notOver = this.all().filter(({ value }) => silenceState(value, nowMs) !== "expired");
    if (notOver.length < mostNotOver) return;
    throw new MonitoringError("LIMIT_REACHED", `there are ${mostNotOver} silences that are not over`, {
      metadata: { kind: "silence", limit: String(mostNotOver) },
    });
  }
}

/** Whether a silence holds at a time. */
export function silenceState({ startMs, endMs }: SilenceRecord, atMs: number): SilenceState {
  if (atMs >= endMs) return "expired";
  return atMs < startMs ? "scheduled" : "active";
}

const endDigits = 16;

/** Text by which silences are in their order, latest end first. */
export function orderOf({ id, value }: Silence): string {
  return `${String(Number.MAX_SAFE_INTEGER - value.endMs).padStart(endDigits, "0")} ${id}`;
}

function requestDigest({ matchers, startMs, endMs, comment }: SilenceRequest): string {
  return digestOf([matchers, startMs ?? "", endMs, comment]);
}

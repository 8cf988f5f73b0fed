import { createHash } from "node:crypto";
import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { MonitoringError } from "../monitoring-error.ts";
import type { LiveDocuments } from "./live-documents.ts";

/** Who made a version of an object, and by which requests: their digests tell a repeated request. */
export interface Authorship {
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly createDigest: string;
  readonly changedBy: string;
  readonly changeDigest: string;
  /** The version that the last change was based on; 0 for the creation. */
  readonly changeBase: number;
}

/** What kind of object a collection holds. */
export interface ManagedKind {
  /** As in the metadata of LIMIT_REACHED, for example "channel". */
  readonly kind: string;
  /** Most objects that may exist at a time. */
  readonly limit: number;
  notFound(id: string): Error;
  exists(id: string): Error;
}

/** A request to create or change an object. */
export interface ManagedRequest<S> {
  readonly id: string;
  readonly spec: S;
  /** What the request says besides, so that a repeat is told from another request. */
  readonly alsoStated?: unknown;
  /** Subject of the token. */
  readonly actor: string;
}

/**
 * Objects that operators create, change and delete, by rules that are the same for all kinds: a repeated request
 * answers with what is there, a change states the version that it is based on, deleting twice is no error.
 *
 * `S` is what an operator states, `T` the record that is kept.
 */
export class ManagedObjects<S extends object, T extends S & Authorship> {
  readonly #collection: DocumentCollection<T>;
  readonly #live: LiveDocuments;
  readonly #kind: ManagedKind;
  readonly #now: () => number;

  constructor(collection: DocumentCollection<T>, live: LiveDocuments, kind: ManagedKind, now: () => number) {
    this.#collection = collection;
    this.#live = live;
    this.#kind = kind;
    this.#now = now;
  }

  /** In order of ids. */
  all(): ReadonlyArray<StoredDocument<T>> {
    return this.#live.all(this.#collection);
  }

  get(id: string): StoredDocument<T> | undefined {
    return this.#live.get(this.#collection, id);
  }

  require(id: string): StoredDocument<T> {
    const found = this.get(id);
    if (found === undefined) throw this.#kind.notFound(id);
    return found;
  }

  /** @throws `exists` if there is another one of this id, LIMIT_REACHED. */
  async create(request: ManagedRequest<S>): Promise<StoredDocument<T>> {
    const { id, spec, actor } = request;
    const digest = digestOf([spec, request.alsoStated]);
    const present = await this.#collection.get(id);
    if (present !== undefined && !present.archived) {
      if (present.value.createDigest === digest) return this.#takeOver(present);
      throw this.#kind.exists(id);
    }
    this.#checkLimit();
    const authorship: Authorship = {
      createdAtMs: this.#now(),
      createdBy: actor,
      createDigest: digest,
      changedBy: actor,
      changeDigest: digest,
      changeBase: 0,
    };
    const record = { ...spec, ...authorship } as unknown as T;
    return this.#put(id, record, present?.version ?? 0, () => this.create(request));
  }

  /**
   * @param complete fills in what the request leaves to the present state, such as a secret.
   * @throws `notFound`, VERSION_MISMATCH.
   */
  async update(
    request: ManagedRequest<S>,
    expectedVersion: number,
    complete: (spec: S, present: T) => S = (stated) => stated,
  ): Promise<StoredDocument<T>> {
    const { id, spec, actor } = request;
    const digest = digestOf([spec, request.alsoStated]);
    const present = await this.#collection.get(id);
    if (present === undefined || present.archived) throw this.#kind.notFound(id);
    const { createdAtMs, createdBy, createDigest, changeBase, changeDigest } = present.value;
    if (present.version !== expectedVersion) {
      if (changeBase === expectedVersion && changeDigest === digest) return this.#takeOver(present);
      throw this.#versionMismatch(id, present.version);
    }
    const authorship: Authorship = {
      createdAtMs,
      createdBy,
      createDigest,
      changedBy: actor,
      changeDigest: digest,
      changeBase: expectedVersion,
    };
    const record = { ...complete(spec, present.value), ...authorship } as unknown as T;
    return this.#put(id, record, expectedVersion, () => this.update(request, expectedVersion, complete));
  }

  /** False if there was none. @throws VERSION_MISMATCH unless `expectedVersion` is 0. */
  async delete(id: string, expectedVersion: number): Promise<boolean> {
    const present = await this.#collection.get(id);
    if (present === undefined || present.archived) return false;
    if (expectedVersion !== 0 && present.version !== expectedVersion)
      throw this.#versionMismatch(id, present.version);
    const { version, revision, writtenAtMs } = await this.#collection.archive(id, present.version);
    this.#takeOver({ ...present, version, revision, writtenAtMs, archived: true });
    return true;
  }

  /**
   * Puts objects that ship with the software: those that never existed, and the present form of those that nobody
   * has changed. Several instances may do so at once.
   */
  async seed(defaults: ReadonlyArray<ManagedRequest<S>>): Promise<void> {
    for (const request of defaults) {
      const { id, spec, actor } = request;
      const present = await this.#collection.get(id);
      if (present === undefined) await this.create(request);
      else if (!present.archived && isUntouched(present.value, actor)) {
        const digest = digestOf([spec, request.alsoStated]);
        if (present.value.createDigest === digest) continue;
        const record = { ...present.value, ...spec, createDigest: digest, changeDigest: digest };
        await this.#put(id, record as T, present.version, async () => present);
      }
    }
  }

  /** `judgeAgain` is called when another writer came first: what is there by then decides. */
  async #put(
    id: string,
    record: T,
    expectedVersion: number,
    judgeAgain: () => Promise<StoredDocument<T>>,
  ): Promise<StoredDocument<T>> {
    try {
      return this.#takeOver(await this.#collection.put(id, record, expectedVersion));
    } catch (error) {
      if (error instanceof CommonError && error.reason === "VERSION_MISMATCH") return judgeAgain();
      throw error;
    }
  }

  #takeOver(document: StoredDocument<T>): StoredDocument<T> {
    this.#live.takeOver(this.#collection, document);
    return document;
  }

  #checkLimit(): void {
    const { kind, limit } = this.#kind;
    if (this.all().length < limit) return;
    throw new MonitoringError("LIMIT_REACHED", `there are ${limit} of the kind ${kind} already`, {
      metadata: { kind, limit: String(limit) },
    });
  }

  #versionMismatch(id: string, version: number): CommonError {
    return new CommonError("VERSION_MISMATCH", `${id} has version ${version}`, {
      metadata: { current_version: String(version) },
    });
  }
}

/** Whether the software that made an object was the last to change it. */
function isUntouched(
  { createdBy, changedBy, createDigest, changeDigest }: Authorship,
  actor: string,
): boolean {
  return createdBy === actor && changedBy === actor && createDigest === changeDigest;
}

/** A digest of a request, by which a repeated one is told from another. */
export function digestOf(request: unknown): string {
  return createHash("sha256").update(JSON.stringify(request)).digest("base64url");
}

import { createHash } from "node:crypto";
import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import { CommonError } from "#platform/errors/common-error.ts";

/** How often another writer may come first before a change is given up. */
const attempts = 5;

/** A digest of a request, by which a repeated one is told from another that asks for the same. */
export function digestOf(request: unknown): string {
  return createHash("sha256").update(JSON.stringify(request)).digest("base64url");
}

/** A change of one record. */
export interface RecordChange<T> {
  readonly id: string;
  /**
   * The record after the change; undefined leaves it as it is. Called again, with what is there by then, when
   * another writer came first.
   */
  change(present: StoredDocument<T> | undefined): T | undefined | Promise<T | undefined>;
}

/**
 * Changes a record, based on what is there.
 *
 * @returns it as it is after the change; undefined if there is none and the change makes none.
 * @throws CommonError VERSION_MISMATCH if others are faster again and again, STORE_UNAVAILABLE.
 */
export async function changeRecord<T>(
  collection: DocumentCollection<T>,
  { id, change }: RecordChange<T>,
): Promise<StoredDocument<T> | undefined> {
  for (let attempt = 1; ; attempt++) {
    const present = await collection.get(id);
    const value = await change(present);
    if (value === undefined) return present;
    try {
      return await collection.put(id, value, present?.version ?? 0);
    } catch (error) {
      const isRace = error instanceof CommonError && error.reason === "VERSION_MISMATCH";
      if (!isRace || attempt === attempts) throw error;
    }
  }
}

/** The refusal of a change that is based on another version than the present one. */
export function versionMismatch(what: string, presentVersion: number): CommonError {
  return new CommonError("VERSION_MISMATCH", `${what} has config_version ${presentVersion}`, {
    metadata: { current_version: String(presentVersion) },
  });
}

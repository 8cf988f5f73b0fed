import { CommonError } from "#platform/errors/common-error.ts";

/** Tries again so often when another writer was faster. */
const attempts = 5;

/** Whether a write was refused because another came first. */
export function isConflict(error: unknown): error is CommonError {
  return error instanceof CommonError && error.reason === "VERSION_MISMATCH";
}

/** The refusal of a change that is based on another state than the present one. */
export function versionMismatch(what: string, currentVersion: number): CommonError {
  return new CommonError("VERSION_MISMATCH", `${what} has changed: its version is ${currentVersion}`, {
    metadata: { current_version: String(currentVersion) },
  });
}

/**
 * Reads, decides and writes, again from the beginning when another writer was faster. What the decision itself
 * refuses passes through.
 */
export async function decideAnew<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      // A mismatch with what the caller named is the caller's; one of a document is a race.
      if (!isConflict(error) || error.metadata.document_id === undefined || attempt === attempts) throw error;
    }
  }
}

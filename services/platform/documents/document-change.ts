/** What the feed of a tag says about one write. */
export interface DocumentChange {
  /** Name of the collection. */
  readonly collection: string;
  /** The collection's revision after it. */
  readonly revision: number;
  /** Documents that changed; undefined after a large write: any may have. */
  readonly ids: readonly string[] | undefined;
}

/** Reads the data of a change as the collections publish it. */
export function readDocumentChange(data: string): DocumentChange {
  const { collection, revision, ids } = JSON.parse(data);
  if (typeof collection !== "string" || !Number.isSafeInteger(revision))
    throw new TypeError("the feed carries something else than changes of documents");
  return { collection, revision, ids: Array.isArray(ids) ? ids.map(String) : undefined };
}

/** The keys of a collection; all lie in the slot of its tag. `scripts/record.lua` says what they hold. */
export interface CollectionKeys {
  readonly heads: string;
  readonly versions: string;
  readonly ids: string;
  readonly revision: string;
  /** One feed for all collections of a tag. */
  readonly feed: string;
  /** Where the parts of a large write wait. */
  staged(writeId: string): string;
}

/** Names the keys of collection `name` under hash tag `tag`. */
export function collectionKeys(tag: string, name: string): CollectionKeys {
  for (const text of [tag, name]) {
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(text))
      throw new RangeError("a tag or collection's name is made of a to z, 0 to 9 and hyphens");
  }
  const prefix = `{${tag}}:documents:${name}:`;
  return {
    heads: `${prefix}heads`,
    versions: `${prefix}versions`,
    ids: `${prefix}ids`,
    revision: `${prefix}revision`,
    feed: documentFeedKey(tag),
    staged: (writeId) => `${prefix}staged:${writeId}`,
  };
}

/** The feed on which all collections of a tag publish; what it carries is read by `readDocumentChange`. */
export function documentFeedKey(tag: string): string {
  return `{${tag}}:documents:feed`;
}

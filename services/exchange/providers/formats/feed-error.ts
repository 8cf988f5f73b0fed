/** What a provider sent cannot be read: truncated, of another shape, without rates. */
export class FeedError extends Error {
  override readonly name: string = "FeedError";
}

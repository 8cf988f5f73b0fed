/** Takes the secret of a link out of the address, so that it stays neither there nor in the history. */
export function takeLink(): string | undefined {
  const link = new URLSearchParams(location.hash.slice(1)).get("link") ?? undefined;
  if (link !== undefined) history.replaceState(null, "", "/");
  return link;
}

const mostBytesOfCharacter = 3;
const ellipsis = "…";

/** Cuts a text that is longer than so many bytes of UTF-8, between characters, and shows that it did. */
export function boundedText(text: string, maxBytes: number): string {
  if (text.length * mostBytesOfCharacter <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes - Buffer.byteLength(ellipsis);
  // The second to last byte of a character begin with 10.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end) + ellipsis;
}

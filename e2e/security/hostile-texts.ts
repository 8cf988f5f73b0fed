/** A text that some program somewhere has stumbled over. */
export interface HostileText {
  readonly what: string;
  readonly text: string;
}

const long = 70_000;

/** By what they try; each is sent in every field of text. */
export const hostileTexts: readonly HostileText[] = [
  ["nothing", ""],
  ["blanks alone", " \t "],
  ["a huge text", "x".repeat(long)],
  ["a huge text of three-byte characters", "\u20ac".repeat(long / 3)],
  ["a zero byte", "a\u0000b"],
  ["control characters", "\u0001\u0007\u0008\u001b[2J\u007f"],
  ["a line break that splits headers", "a\r\nSet-Cookie: session=x\r\n\r\n"],
  ["an override of the direction of writing", "\u202egnirts\u202c\u2066"],
  ["characters of no width", "a\u200b\u200d\ufeffdmin"],
  ["a composed letter", "caf\u00e9"],
  ["the same letter decomposed", "cafe\u0301"],
  ["a letter that looks like another", "\u0430cme"],
  ["characters beyond the first plane", "\u{1f4b8}\u{1d7d9}\u{10ffff}"],
  ["a non-character", "\ufffe\uffff"],
  ["digits of another script", "\u0661\u0662\uff13"],
  ["a command of Redis' protocol", "x\r\n*1\r\n$8\r\nFLUSHALL\r\n"],
  ["an end of a Lua text", "']] redis.call('FLUSHALL') --[["],
  ["a hash tag and a pattern of keys", "{a}:*?[^x]\\"],
  ["HTML", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
  ["an end of a JSON text", '","account_id":"other","x":"\\u0000'],
  ["a command of a shell", "$(touch /tmp/x)`id`;|&"],
  ["a path upwards", "../../../../etc/passwd%00"],
  ["SQL", "' OR 1=1; --"],
  ["a template", "\u0024{7*7}{{7*7}}%s%n"],
  ["a prototype's name", "__proto__"],
  ["a number that grows", "1e999999999"],
  ["a number that is none", "NaN"],
  ["a less-than-zero number", "-1"],
].map(([what = "", text = ""]) => ({ what, text }));

/** Reasons of what cannot be done in a test, whatever the text: nobody pays, and no price list comes from outside. */
export const unavailableHere: ReadonlySet<string> = new Set(["STRIPE_NOT_CONFIGURED", "FEED_UNREACHABLE"]);

/** Just enough of HTTP/2 (RFC 9113) and HPACK (RFC 7541) for a client that sends one kind of request. */

export const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 };
export const frameFlags = { endStream: 0x1, acknowledge: 0x1, endHeaders: 0x4 };
export const frameHeadBytes = 9;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeadBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHeadBytes);
  return bytes;
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** How a connection begins: no push, and a window so large that it need not be opened again for gigabytes. */
export function connectionStart(): Buffer {
  const window = Buffer.alloc(4);
  window.writeUInt32BE(2 ** 31 - 1 - 65_535);
  const noPush = Buffer.from([0, 2, 0, 0, 0, 0]);
  return Buffer.concat([
    preface,
    frame(frameTypes.settings, 0, 0, noPush),
    frame(frameTypes.windowUpdate, 0, 0, window),
  ]);
}

/** The last index of HPACK's static table. */
const staticEntries = 61;

/** The fields as the first request of a connection has them: each becomes known to both sides. */
export function firstHeaderBlock(fields: ReadonlyArray<readonly [name: string, value: string]>): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0x40]), literal(name), literal(value)]),
  );
}

/** The same fields as later requests have them: one byte each, the place in the table of what is known. */
export function laterHeaderBlock(fields: readonly unknown[]): Buffer {
  return Buffer.from(fields.map((_, place) => 0x80 | (staticEntries + fields.length - place)));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

/** An integer with a prefix of that many bits, the bits before them zero. */
function integer(value: number, prefixBits: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([value]);
  const bytes = [most];
  for (let rest = value - most; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A certificate that signs itself, and its key. */
export interface SelfSignedCertificate {
  /** PEM; also what a client trusts to accept it. */
  cert: string;
  /** PEM. */
  key: string;
}

/** Tags of the encoding of certificates (X.690). */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  ipAddress: 0x87,
  version: 0xa0,
  extensions: 0xa3,
} as const;

const objectIds = {
  ecdsaWithSha256: encode("objectId", Buffer.from("2a8648ce3d040302", "hex")),
  commonName: encode("objectId", Buffer.from("550403", "hex")),
  subjectAlternativeName: encode("objectId", Buffer.from("551d11", "hex")),
} as const;

const dayMs = 24 * 60 * 60 * 1000;

/** A fresh certificate for localhost and 127.0.0.1, valid since yesterday for two days. Node makes none itself. */
export function createSelfSignedCertificate(): SelfSignedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = encode("sequence", objectIds.ecdsaWithSha256);
  const name = encode(
    "sequence",
    encode("set", encode("sequence", objectIds.commonName, encode("utf8String", Buffer.from("localhost")))),
  );
  const now = Date.now();
  const toBeSigned = encode(
    "sequence",
    encode("version", encode("integer", Buffer.from([2]))),
    encode("integer", Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    encode("sequence", utcTime(now - dayMs), utcTime(now + dayMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    encode("extensions", encode("sequence", alternativeNames())),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = encode(
    "sequence",
    toBeSigned,
    algorithm,
    encode("bitString", Buffer.from([0]), signature),
  );
  return {
    cert: pem("CERTIFICATE", certificate),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function alternativeNames(): Buffer {
  const names = encode(
    "sequence",
    encode("dnsName", Buffer.from("localhost")),
    encode("ipAddress", Buffer.from([127, 0, 0, 1])),
  );
  return encode("sequence", objectIds.subjectAlternativeName, encode("octetString", names));
}

/** YYMMDDHHMMSSZ. */
function utcTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/[^0-9]/g, "");
  return encode("utcTime", Buffer.from(`${digits.slice(2, 14)}Z`));
}

function encode(tag: keyof typeof tags, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const header = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tags[tag], ...header]), content]);
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

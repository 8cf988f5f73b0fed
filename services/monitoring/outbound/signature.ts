import { createHmac } from "node:crypto";

/** Header that carries the signature of a webhook. */
export const signatureHeader = "holdfast-signature";
/** Header that carries the id of the delivery, by which a receiver knows a repeat. */
export const deliveryHeader = "holdfast-delivery";

/**
 * `t=<unix seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 of `<t>.<body>`: the time is signed too, so that an old
 * request cannot be played again to a receiver that looks at it.
 */
export function signBody(secret: string, body: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1_000);
  const mac = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${mac}`;
}

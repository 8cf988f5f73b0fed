import { type Compression, compressionNegotiate } from "@connectrpc/connect/protocol";
import { wireOptions } from "../wire-options.ts";

const remembered = new Map<string, Compression | null>();
/** Clients send few different lists; more than this are somebody's play. */
const mostRemembered = 100;

/** The compression that a client accepts for answers, null for none; the same choice as Connect's. */
export function replyCompression(accepted: string | undefined): Compression | null {
  if (accepted === undefined) return null;
  const known = remembered.get(accepted);
  if (known !== undefined) return known;
  const { response } = compressionNegotiate(wireOptions.acceptCompression, null, accepted, "");
  if (remembered.size < mostRemembered) remembered.set(accepted, response);
  return response;
}

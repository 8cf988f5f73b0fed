import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { callLimits } from "./limits.ts";

/** What both doors tell Connect about messages, so that nobody can tell the doors apart. */
export const wireOptions = {
  // A misspelt field must not be left out silently: it may be the one that bounds a charge.
  jsonOptions: { ignoreUnknownFields: false },
  acceptCompression: [compressionGzip, compressionBrotli],
  /** Compressing a smaller answer takes longer than sending it. */
  compressMinBytes: 16 << 10,
  writeMaxBytes: callLimits.maxResponseBytes,
};

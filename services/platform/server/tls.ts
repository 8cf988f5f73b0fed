import type { Socket } from "node:net";
import { createServer, type Server } from "node:tls";

/** Certificate and key of a server. */
export interface TlsIdentity {
  /** Certificate chain, PEM, the server's own certificate first. */
  cert: string;
  /** Private key of that certificate, PEM. */
  key: string;
}

/**
 * A listener for TLS 1.2 and 1.3 that offers HTTP/2 and HTTP/1.1 by ALPN.
 *
 * @throws Error if certificate and key cannot be read or don't belong together.
 */
export function createTlsListener(
  identity: TlsIdentity,
  handshakeMs: number,
  onConnection: (socket: Socket) => void,
): Server {
  return createServer(
    {
      cert: identity.cert,
      key: identity.key,
      ALPNProtocols: ["h2", "http/1.1"],
      minVersion: "TLSv1.2",
      handshakeTimeout: handshakeMs,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveInitialDelayMs,
    },
    onConnection,
  );
}

/** A client that vanished without a word is noticed by TCP probes after this silence. */
export const keepAliveInitialDelayMs = 60_000;

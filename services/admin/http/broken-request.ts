import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { ErrorCatalogue } from "#platform/errors/catalogue.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { toProblem } from "./problem.ts";

/** What Node's parser found wrong, in our words. */
const faults: Readonly<Record<string, { status: number; phrase: string; detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    phrase: "Request Header Fields Too Large",
    detail: "the header fields are too large",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    phrase: "Request Timeout",
    detail: "the request did not arrive in time",
  },
};
const faultOfHttp = /^(HPE|ERR_HTTP)_/;
const unreadable = { status: 400, phrase: "Bad Request", detail: "the request is not readable as HTTP" };

/** Answers what is no request with a problem, and closes the connection. */
export function answerBrokenRequest(catalogue: ErrorCatalogue) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    // A reset or a broken TLS handshake leaves nobody to answer: the reply would wait for ever to be sent.
    if (!faultOfHttp.test(error.code ?? "") || !socket.writable) {
      socket.destroy();
      return;
    }
    const { status, phrase, detail } = faults[error.code ?? ""] ?? unreadable;
    const problem = toProblem(catalogue, new CommonError("REQUEST_INVALID", detail), randomUUID(), status);
    const body = `${JSON.stringify(problem)}\n`;
    socket.end(
      `HTTP/1.1 ${status} ${phrase}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    socket.once("finish", () => socket.destroy());
  };
}

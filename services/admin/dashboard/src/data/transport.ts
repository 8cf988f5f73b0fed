import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { csrfToken, noteSessionEnd } from "../session/session.ts";

/** Header by which a call is found in the logs of all services and in the audit log. */
export const requestIdHeader = "x-request-id";

const unaryTimeoutMs = 20_000;

/** Proves that the call comes from this page, names it, and notices when the session is over. */
const asPage: Interceptor = (next) => async (request) => {
  request.header.set("x-csrf-token", csrfToken() ?? "");
  if (!request.header.has(requestIdHeader)) request.header.set(requestIdHeader, crypto.randomUUID());
  try {
    return await next(request);
  } catch (error) {
    if (ConnectError.from(error).code === Code.Unauthenticated) noteSessionEnd();
    throw error;
  }
};

/** The RPCs of all five services, through Admin's relay on this origin. */
export const transport = createConnectTransport({
  baseUrl: "/rpc",
  interceptors: [asPage],
  defaultTimeoutMs: unaryTimeoutMs,
});

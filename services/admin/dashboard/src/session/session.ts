import { useSyncExternalStore } from "react";
import { requestJson } from "./request-json.ts";

/** Who is signed in, as `GET /session` says it. */
export interface Session {
  readonly subject: string;
  /** Role of an operator; null for the page of a customer. */
  readonly role: "viewer" | "support" | "finance" | "admin" | null;
  /** The one account that a customer's page may see; null for operators. */
  readonly accountId: string | null;
  readonly scopes: readonly string[];
  readonly csrfToken: string;
  /** When it ends without use. */
  readonly expiresAt: string;
  /** When it ends in any case. */
  readonly endsAt: string;
}

/** What the page knows of its session. */
export type SessionState =
  | { readonly status: "unknown" }
  | { readonly status: "unreachable"; readonly error: unknown }
  /** `wasSignedIn`: the session ended while the page was open. */
  | { readonly status: "signed-out"; readonly wasSignedIn: boolean }
  | { readonly status: "signed-in"; readonly session: Session };

let state: SessionState = { status: "unknown" };
const listeners = new Set<() => void>();

function setState(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

/** The state of the session; renders again when it changes. */
export function useSessionState(): SessionState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

/** The session; only where one is signed in. */
export function useSession(): Session {
  const current = useSessionState();
  if (current.status !== "signed-in") throw new Error("nobody is signed in here");
  return current.session;
}

/** The session's value for the header X-CSRF-Token; undefined if nobody is signed in. */
export function csrfToken(): string | undefined {
  return state.status === "signed-in" ? state.session.csrfToken : undefined;
}

/** Asks who is signed in. The cookie itself is out of reach of scripts. */
export async function loadSession(): Promise<void> {
  try {
    setState({ status: "signed-in", session: await requestJson<Session>("GET", "/session") });
  } catch (error) {
    if ((error as { status?: number }).status === 401) setState({ status: "signed-out", wasSignedIn: false });
    else setState({ status: "unreachable", error });
  }
}

/** Signs in with an admin key. @throws HttpProblem. */
export async function signInWithKey(key: string): Promise<void> {
  const headers = { "x-admin-key": key };
  setState({ status: "signed-in", session: await requestJson<Session>("POST", "/session", { headers }) });
}

/** Signs in with the secret of a customer's link, which works once. @throws HttpProblem. */
export async function signInWithLink(link: string): Promise<void> {
  setState({
    status: "signed-in",
    session: await requestJson<Session>("POST", "/session", { body: { link } }),
  });
}

/** Ends the session here and at the server. */
export async function signOut(): Promise<void> {
  const headers = { "x-csrf-token": csrfToken() ?? "" };
  try {
    await requestJson("DELETE", "/session", { headers });
  } finally {
    setState({ status: "signed-out", wasSignedIn: false });
  }
}

/** Notes that the server knows the session no more. */
export function noteSessionEnd(): void {
  if (state.status === "signed-in") setState({ status: "signed-out", wasSignedIn: true });
}

/**
 * A page of somebody else's: it calls the services' own ports from another origin, in gRPC-Web and Connect.
 */
import { openBoard } from "./board.ts";
import { element, showProblem } from "./dom.ts";
import { connect, type ProtocolChoice, type ServiceUrls } from "./services.ts";
import { readToken, type Token, TokenRefused } from "./token.ts";
import { showCall, showOrigins } from "./wire-card.ts";

const urls = (await (await fetch("services.json")).json()) as ServiceUrls;
const form = element<HTMLFormElement>("token-form");
const protocols = element<HTMLFormElement>("protocols");

/** In memory alone: what is stored in a browser outlives its use. */
let token: Token | undefined;
let board = new AbortController();

function enter(text: string): void {
  try {
    token = readToken(text, Date.now());
    open(token);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    leave(error.message);
  }
}

function open({ text, accountId, expiresAtMs }: Token): void {
  board.abort();
  board = new AbortController();
  const choice = new FormData(protocols).get("protocol") as ProtocolChoice;
  show("board");
  element("account").textContent = accountId;
  const until = new Date(expiresAtMs).toLocaleTimeString("en-GB", { timeStyle: "short" });
  element("expiry").textContent = `The token can read this account until ${until}.`;
  for (const card of ["balance", "currency", "spend", "price", "movements"]) showProblem(card, undefined);
  element("calls").replaceChildren();
  showOrigins(urls, choice);
  const onSessionEnd = () => leave("The token is no longer taken. Make a new one.");
  const clients = connect({ urls, token: text, choice, onCall: showCall, onSessionEnd });
  openBoard({ clients, urls, accountId, signal: board.signal });
}

function leave(problem?: string): void {
  board.abort();
  token = undefined;
  form.reset();
  show("entrance");
  const place = element("token-problem");
  place.hidden = problem === undefined;
  place.textContent = problem ?? "";
}

function show(part: "entrance" | "board"): void {
  element("entrance").hidden = part !== "entrance";
  element("board").hidden = part !== "board";
  element("session").hidden = part !== "board";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  enter(element<HTMLTextAreaElement>("token").value);
});
protocols.addEventListener("change", () => {
  if (token !== undefined) open(token);
});
element("leave").addEventListener("click", () => leave());

// A link may bring the token behind the #, which browsers send to nobody; then it leaves the address.
const fromLink = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(undefined, "", location.pathname);
if (fromLink === null) leave();
else enter(fromLink);

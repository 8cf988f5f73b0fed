import { element, make } from "./dom.ts";
import {
  type Call,
  type ProtocolChoice,
  protocolOf,
  type ServiceName,
  type ServiceUrls,
} from "./services.ts";

const shownCalls = 7;

/** Shows a call above the ones before it. */
export function showCall({ method, protocol, outcome, tookMs }: Call): void {
  const line = make("li");
  const took = outcome === "OK" ? `${Math.round(tookMs)} ms` : outcome;
  line.append(make("span", method, "method"), make("span", protocol, "protocol"), make("span", took, "took"));
  const calls = element("calls");
  calls.prepend(line);
  while (calls.children.length > shownCalls) calls.lastElementChild?.remove();
}

/** Says on each card where it comes from and in which protocol. */
export function showOrigins(urls: ServiceUrls, choice: ProtocolChoice): void {
  for (const place of document.querySelectorAll<HTMLElement>(".origin")) {
    const service = place.dataset.service as ServiceName;
    place.replaceChildren(
      make("span", protocolOf(service, choice), "protocol"),
      make("span", `${service} :${new URL(urls[service]).port}`),
    );
  }
}

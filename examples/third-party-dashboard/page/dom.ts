import type { StreamState } from "./follow.ts";

/** The element of this id, which the page has. */
export function element<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as unknown as E;
}

/** A new element with text. */
export function make(name: string, text = "", className = ""): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== "") made.className = className;
  return made;
}

/** Writes where text differs, so that nothing is announced twice; a changed figure lights up for a moment. */
export function write(id: string, text: string): void {
  const target = element(id);
  if (target.textContent === text) return;
  const isChange = target.textContent !== "–" && target.textContent !== "";
  target.textContent = text;
  if (isChange) target.animate([{ opacity: 0.35 }, { opacity: 1 }], { duration: 600 });
}

/** Fills a list of choices. */
export function fillSelect(id: string, choices: readonly string[], chosen: string): HTMLSelectElement {
  const select = element<HTMLSelectElement>(id);
  select.replaceChildren(...choices.map((choice) => new Option(choice, choice, false, choice === chosen)));
  return select;
}

/** Says in a card what went wrong; undefined: nothing. */
export function showProblem(cardId: string, problem: string | undefined): void {
  const place = element(cardId).querySelector<HTMLElement>(".problem");
  if (place === null) return;
  place.hidden = problem === undefined;
  place.textContent = problem ?? "";
}

const stateWords: Readonly<Record<StreamState, string>> = {
  opening: "Connecting",
  live: "Live",
  lost: "Connection lost, trying again",
  refused: "Not allowed",
};

/** Says in a card how its stream stands. */
export function showState(cardId: string, state: StreamState): void {
  const place = element(cardId).querySelector<HTMLElement>(".state");
  if (place === null || place.dataset.state === state) return;
  place.dataset.state = state;
  place.textContent = stateWords[state];
}

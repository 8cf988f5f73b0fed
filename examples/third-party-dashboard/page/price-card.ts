import { formatAmount } from "./amounts.ts";
import type { Board } from "./board.ts";
import { element, fillSelect, make, showProblem, write } from "./dom.ts";
import { describeFailure } from "./failure.ts";

const models = [
  "openai/gpt-4o",
  "openai/gpt-4o-mini",
  "openai/gpt-5",
  "anthropic/claude-sonnet-4-5",
  "gemini/gemini-2.5-flash",
  "mistral/mistral-large-latest",
] as const;
/** Typing is over when nothing was typed for so long. */
const typingMs = 250;

/** What a call would cost, by the prices in force, asked anew whenever an entry changes. */
export function showPrice({ clients, urls, signal }: Board): void {
  const model = fillSelect("model", models, element<HTMLSelectElement>("model").value || models[0]);
  const [inputTokens, outputTokens] = ["input-tokens", "output-tokens"].map((id) =>
    element<HTMLInputElement>(id),
  ) as [HTMLInputElement, HTMLInputElement];
  let latest = 0;
  const ask = async () => {
    latest += 1;
    const asked = latest;
    try {
      const quantities = { input_tokens: digitsOf(inputTokens), output_tokens: digitsOf(outputTokens) };
      const usage = { priceId: model.value, quantities };
      const { priced } = await clients.pricing.calculatePrice({ usage }, { signal });
      if (asked !== latest || signal.aborted) return;
      write("price-total", formatAmount(priced?.exactTotal ?? "0"));
      write("price-currency", priced?.currencyCode ?? "");
      const lines = (priced?.lineItems ?? []).map(({ description }) => description);
      element("price-lines").replaceChildren(...lines.map((line) => make("li", line)));
      showProblem("price", undefined);
    } catch (error) {
      if (asked === latest && !signal.aborted) showProblem("price", describeFailure(error, urls.pricing));
    }
  };
  let typing: ReturnType<typeof setTimeout> | undefined;
  const askSoon = () => {
    clearTimeout(typing);
    typing = setTimeout(ask, typingMs);
  };
  const form = element("price-form");
  form.addEventListener("input", askSoon, { signal });
  form.addEventListener("submit", (event) => event.preventDefault(), { signal });
  void ask();
}

/** The figure as it was typed, without grouping; nothing is zero. */
function digitsOf({ value }: HTMLInputElement): string {
  return value.replaceAll(/[\s,.'_]/g, "") || "0";
}

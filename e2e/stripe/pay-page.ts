import type { CheckoutSession } from "./stripe-objects.ts";

/** What a payer may do on the page, with the words on the button. */
export const payActions = {
  pay: "Pay by card",
  "pay-later": "Pay by bank debit (settles later)",
  decline: "Try a card that is declined",
  cancel: "Cancel",
} as const;

export type PayAction = keyof typeof payActions;

/** The page on which the stand-in's payer pays. */
export function payPage(session: CheckoutSession): string {
  const total = amountInWords(session.amount_total, session.currency);
  const buttons = Object.entries(payActions)
    .map(([action, label]) => `<button name="action" value="${action}">${label}</button>`)
    .join("\n      ");
  const body =
    session.status === "open"
      ? `<form method="post">\n      ${buttons}\n    </form>`
      : `<p>This checkout is ${session.status}.</p>`;
  return page(
    `Pay ${total}`,
    `<h1>${total}</h1>\n    <p class="note">Test payment: no money moves.</p>\n    ${body}`,
  );
}

/** A page that says one thing. */
export function messagePage(message: string): string {
  return page("Checkout", `<p>${escapeHtml(message)}</p>`);
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <style>
      :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
      body { max-width: 24rem; margin: 12vh auto; padding: 0 1rem; }
      h1 { font-variant-numeric: tabular-nums; margin: 0; }
      form { display: grid; gap: .75rem; margin-top: 1.5rem; }
      button { font: inherit; padding: .7rem 1rem; border-radius: .5rem; border: 1px solid currentColor; cursor: pointer; }
      .note { opacity: .7; margin: 0; }
    </style>
  </head>
  <body>
    ${content}
  </body>
</html>
`;
}

/** Currencies that Stripe counts in whole units and in thousandths (docs.stripe.com/currencies). */
const wholeUnits = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
const thousandths = new Set("BHD JOD KWD OMR TND".split(" "));

function amountInWords(minor: number, currency: string): string {
  const code = currency.toUpperCase();
  const digits = wholeUnits.has(code) ? 0 : thousandths.has(code) ? 3 : 2;
  const text = String(minor).padStart(digits + 1, "0");
  return digits === 0 ? `${text} ${code}` : `${text.slice(0, -digits)}.${text.slice(-digits)} ${code}`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

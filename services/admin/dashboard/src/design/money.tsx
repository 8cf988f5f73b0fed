import type { Money as MoneyMessage } from "#gen/billing/type/v1/money_pb.ts";
import { formatAmount, readDecimal } from "../data/exact.ts";
import "./money.css";

/** What is shown of an amount: the message of the contract, or an exact decimal with its currency. */
type Amount = Pick<MoneyMessage, "amount" | "currencyCode"> | undefined;

/**
 * An exact amount with its currency, all of its digits. Below zero it is red and has a minus; `signed` shows a plus
 * as well, for changes.
 */
export function Money({
  of,
  signed = false,
  hideCurrency = false,
}: {
  of: Amount;
  signed?: boolean;
  /** Where a heading already names the currency. */
  hideCurrency?: boolean;
}) {
  if (of === undefined) return <span className="money-none">–</span>;
  const value = readDecimal(of.amount);
  const tone = value.isNegative() ? " money-negative" : signed && !value.isZero() ? " money-positive" : "";
  const [whole = "", fraction] = formatAmount(of.amount, of.currencyCode, signed ? "always" : "auto").split(
    ".",
  );
  return (
    <span className={`money${tone}`}>
      {whole}
      <wbr />
      {fraction !== undefined && <span className="money-fraction">.{fraction}</span>}
      {!hideCurrency && <span className="money-currency"> {of.currencyCode}</span>}
    </span>
  );
}

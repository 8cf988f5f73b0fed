import { showBalance } from "./balance-card.ts";
import { showConversion } from "./currency-card.ts";
import { showMovements } from "./movements-card.ts";
import { showPrice } from "./price-card.ts";
import type { Clients, ServiceUrls } from "./services.ts";
import { showSpend } from "./spend-card.ts";

/** What each card needs. */
export interface Board {
  readonly clients: Clients;
  readonly urls: ServiceUrls;
  readonly accountId: string;
  /** Ends every call and stream of the board. */
  readonly signal: AbortSignal;
}

/** Fills the cards and keeps them up to date until the signal. */
export function openBoard(board: Board): void {
  const movements = showMovements(board);
  const conversion = showConversion(board);
  showBalance(board, {
    onBalance: (balance) => conversion.convert(balance.available),
    onSnapshot: movements.reload,
    onTransaction: movements.add,
  });
  showSpend(board);
  showPrice(board);
}

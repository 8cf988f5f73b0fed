import { Code, ConnectError } from "@connectrpc/connect";
import { QueryClient } from "@tanstack/react-query";

/** What may pass by itself; everything else is told at once. */
const passing: ReadonlySet<Code> = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Unknown]);

/** Answers that were read, for all screens. Figures are shown at once and read again behind them. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (failures, error) => failures < 2 && passing.has(ConnectError.from(error).code),
      retryDelay: (attempt) => 400 * 2 ** attempt,
      refetchOnWindowFocus: true,
    },
    // Repeating an action is its dialog's business, which keeps the idempotency key.
    mutations: { retry: false },
  },
});

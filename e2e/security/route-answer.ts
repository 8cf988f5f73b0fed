import type { TestStack } from "../testing/test-stack.ts";
import { askUntilVerdict, awayMs } from "./ask-again.ts";

/** What a JSON route answered. */
export interface RouteAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Asks a JSON route; again while its store is away. */
export function askRoute(stack: TestStack, path: string, init: RequestInit): Promise<RouteAnswer> {
  const ask = async (): Promise<RouteAnswer> => {
    const answer = await fetch(stack.url("adminHttp") + path, init);
    const contentType = answer.headers.get("content-type") ?? "";
    return { status: answer.status, contentType, text: await answer.text() };
  };
  return askUntilVerdict(ask, ({ status, text }) => {
    const isAway = status === 503 && /"reason":"(STORE|PEER)_UNAVAILABLE"/.test(text);
    return isAway ? awayMs : undefined;
  });
}

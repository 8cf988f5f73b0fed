import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import { type CallWays, openCallWays } from "./call-ways.ts";
import { createTokenKeys, type ForgedToken, forgedTokens, goodTokens } from "./forged-tokens.ts";

/** The real system with tokens of two kinds, and what an attacker would come with. */
export interface GuardedStack {
  readonly stack: TestStack;
  readonly ways: CallWays;
  readonly good: readonly string[];
  readonly forged: readonly ForgedToken[];
  stop(): Promise<void>;
}

/** Starts it: HS256 by secret and RS256 by a public key, and no bound of requests in the way. */
export async function startGuardedStack(settings: NodeJS.ProcessEnv = {}): Promise<GuardedStack> {
  const { configured, foreign, jwks } = createTokenKeys();
  const stack = await startTestStack({
    JWT_JWKS: jwks,
    ADMIN_REQUESTS_PER_MINUTE: "1000000",
    ...settings,
  });
  const ways = openCallWays(stack);
  const parts = { secret: stack.environment.JWT_SECRET ?? "", configured, foreign };
  return {
    stack,
    ways,
    good: goodTokens(parts),
    forged: forgedTokens(parts),
    async stop() {
      ways.close();
      await stack.stop();
    },
  };
}

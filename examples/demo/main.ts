/**
 * `make demo`: the main job of the system through its public ports, told step by step. It starts the local
 * stack if none runs, and stops what it started.
 */
import { bold, dim } from "./print.ts";
import { findOrStartStack } from "./stack.ts";
import { createClients, playMainJob } from "./story.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  const stack = await findOrStartStack(say);
  try {
    const clients = await createClients(stack.ports, stack.signingSecret);
    await playMainJob(clients, "USD", say);
    await playMainJob(clients, "EUR", say);
    say(
      bold("\nThat is all of it: hold before the call, settle what it really cost, and be able to say why."),
    );
    say(
      dim(
        stack.startedHere
          ? "Stopping the stack. `make dev` keeps one running."
          : "The stack that was running goes on.",
      ),
    );
  } finally {
    await stack.stop();
  }
} catch (error) {
  process.stderr.write(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

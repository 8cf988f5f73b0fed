import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** How a program ended and what it wrote. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program gets besides its parameters. */
export interface CommandOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Where it runs. Default: where this process does. */
  readonly folder?: string;
  /** Killed after this time. Default 30,000. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end. @throws Error if there is no such program. */
export async function runCommand(
  command: string,
  parameters: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, parameters, {
    env: options.environment ?? process.env,
    cwd: options.folder,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.timeoutMs ?? 30_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code: code as number | null, stdout, stderr };
}

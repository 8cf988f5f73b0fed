import { type Logger, pino } from "pino";
import pretty from "pino-pretty";

export type { Logger } from "pino";

/** How a service logs. */
export interface LogOptions {
  readonly service: string;
  readonly level: string;
  /** `json` for machines, `pretty` for people. */
  readonly format: string;
}

/** The service's logger: one JSON object a line on standard output, or readable lines in development. */
export function createLogger(options: LogOptions): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: [
      "authorization",
      "*.authorization",
      "token",
      "*.token",
      "secret",
      "*.secret",
      "password",
      "*.password",
    ],
  };
  if (options.format !== "pretty") return pino(settings);
  return pino(
    settings,
    pretty({
      sync: true,
      colorize: process.stdout.isTTY === true,
      ignore: "pid,hostname,service",
      translateTime: "SYS:HH:MM:ss.l",
    }),
  );
}

/** The health check of a container: exits 0 if the service in it takes calls. */
import { type defaultPorts, defaultPorts as ports } from "../config/common-settings.ts";

const setting = `${(process.env.SERVICE ?? "").toUpperCase()}_PORT` as keyof typeof defaultPorts;
const port = Number(process.env[setting] ?? ports[setting]) + Number(process.env.PORT_OFFSET ?? 0);
const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_500) });
if (!response.ok) {
  process.stderr.write(`${await response.text()}\n`);
  process.exitCode = 1;
}

/**
 * `make audit`: the audit log of the local stack from a terminal, which must be running.
 *
 *   make audit COMMAND="verify"
 *   make audit COMMAND="archive 2026-01-01 audit-2025.jsonl"
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { secretsPath } from "./data-folders.ts";
import { parsePortOffset, resolvePorts } from "./ports.ts";
import { loadSecrets } from "./secrets.ts";
import { makeServiceEnvironment, namesRedis } from "./stack-environment.ts";

const commandPath = resolve(import.meta.dirname, "../../services/admin/audit-command.ts");
const base = loadSecrets(secretsPath, process.env);
const portOffset = parsePortOffset(base.PORT_OFFSET);
const environment = makeServiceEnvironment({
  base,
  ports: resolvePorts(portOffset, base),
  portOffset,
  dataFolder: "",
  redisPassword: namesRedis(base) ? undefined : (base.REDIS_PASSWORD ?? ""),
});
const { status } = spawnSync(process.execPath, [commandPath, ...process.argv.slice(2)], {
  env: environment,
  stdio: "inherit",
});
process.exitCode = status ?? 1;

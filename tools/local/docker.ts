/**
 * Says whether containers can run here: the client being installed does not mean that an engine runs.
 *
 *   node tools/local/docker.ts
 */
import { spawnSync } from "node:child_process";

const timeoutMs = 15_000;

/** What of Docker is there. */
export interface DockerState {
  client: boolean;
  compose: boolean;
  engine: boolean;
}

/** Asks the docker command. */
export function checkDocker(): DockerState {
  const succeeds = (...parameters: string[]): boolean =>
    spawnSync("docker", parameters, { stdio: "ignore", timeout: timeoutMs }).status === 0;
  const client = succeeds("--version");
  return {
    client,
    compose: client && succeeds("compose", "version"),
    engine: client && succeeds("version", "--format", "{{.Server.Version}}"),
  };
}

/** One sentence about the first thing that is missing, with what to do; undefined if nothing is. */
export function describeMissingDocker(state: DockerState): string | undefined {
  if (!state.client) {
    return "Docker is not installed. Install Docker Engine with the compose plugin, or use `make dev`, which needs no containers.";
  }
  if (!state.engine) {
    return "The docker command is here, but no Docker engine answers. Start it (e.g. `sudo systemctl start docker`), or use `make dev`, which needs no containers.";
  }
  if (!state.compose) {
    return "Docker runs, but its compose plugin is missing. Install docker-compose-plugin, or use `make dev`, which needs no containers.";
  }
  return undefined;
}

if (import.meta.main) {
  const missing = describeMissingDocker(checkDocker());
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
    process.exitCode = 1;
  }
}

import { after } from "node:test";
import { type CoreClient, type RunningCore, startCore } from "./running-core.ts";

/** A Core that several suites use, and an operator's client of it. */
export interface SharedCore {
  readonly core: RunningCore;
  readonly client: CoreClient;
}

let shared: Promise<SharedCore> | undefined;

/** Starts it for the first suite of this process that asks; it ends after the last test. */
export function shareCore(): Promise<SharedCore> {
  shared ??= start();
  return shared;
}

async function start(): Promise<SharedCore> {
  const core = await startCore();
  after(() => core.stop());
  return { core, client: await core.client() };
}

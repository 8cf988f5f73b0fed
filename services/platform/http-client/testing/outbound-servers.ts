/** Two scripted servers, and calls of them. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { type ScriptedHttpServer, startScriptedHttpServer } from "../../testing/scripted-http-server.ts";
import { fetchOutbound, type OutboundRequest, type OutboundResponse } from "../fetch-outbound.ts";
import { OutboundError } from "../outbound-error.ts";
import type { OutboundPolicy } from "../outbound-policy.ts";

export let server: ScriptedHttpServer;
export let other: ScriptedHttpServer;
before(async () => {
  server = await startScriptedHttpServer();
  other = await startScriptedHttpServer();
});
after(async () => {
  await server?.stop();
  await other?.stop();
});

/** For servers on this machine; generous deadlines, since the machine may be busy. */
export const local: OutboundPolicy = {
  allowPrivateAddresses: true,
  ports: "any",
  proxy: {},
  totalTimeoutMs: 20_000,
  maxResponseBytes: 100_000,
};

export function call(path: string, request: Partial<OutboundRequest> = {}, policy: OutboundPolicy = {}) {
  return fetchOutbound({ url: `${server.url}${path}`, ...request }, { ...local, ...policy });
}

export async function failure(calling: Promise<OutboundResponse>): Promise<OutboundError> {
  const error = await calling.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OutboundError, String(error));
  return error;
}

export function modified(response: OutboundResponse) {
  assert.ok(!response.notModified);
  return response;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { type DockerState, describeMissingDocker } from "./docker.ts";

const cases: ReadonlyArray<[name: string, state: DockerState, expected: RegExp | undefined]> = [
  ["nothing", { client: false, engine: false, compose: false }, /^Docker is not installed/],
  ["a client alone", { client: true, engine: false, compose: false }, /no Docker engine answers/],
  ["client and compose", { client: true, engine: false, compose: true }, /no Docker engine answers/],
  ["an engine without compose", { client: true, engine: true, compose: false }, /compose plugin is missing/],
  ["everything", { client: true, engine: true, compose: true }, undefined],
];
for (const [name, state, expected] of cases) {
  test(`with ${name} the answer ${expected === undefined ? "is that nothing is missing" : "says what to do"}`, () => {
    const text = describeMissingDocker(state);
    if (expected === undefined) {
      assert.equal(text, undefined);
    } else {
      assert.match(text ?? "", expected);
      assert.match(text ?? "", /`make dev`/);
    }
  });
}

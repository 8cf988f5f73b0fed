import { test } from "node:test";
import { keepsPromises } from "./kept-promises.ts";

test("work of every kind under faults of every kind loses nothing and does nothing twice", (context) =>
  keepsPromises(context, 10_000));

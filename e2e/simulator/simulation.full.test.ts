import { test } from "node:test";
import { keepsPromises } from "./kept-promises.ts";

// A quarter of an hour on two processors of its own, and more beside other tests.
test(
  "work of every kind under faults of every kind loses nothing and does nothing twice",
  { timeout: 3_600_000 },
  (context) => keepsPromises(context, 100_000),
);

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findShortestPath } from "./rate-path.ts";

/** Currency → its neighbours in order of preference; a step is written "A>B". */
const search = (graph: Record<string, string>, from: string, to: string, closed: string[] = []) =>
  findShortestPath(
    from,
    to,
    (currency) => [...(graph[currency] ?? "")],
    (start, end) =>
      graph[start]?.includes(end) && !closed.includes(start + end) ? `${start}>${end}` : undefined,
  );

describe("findShortestPath", () => {
  const cases: readonly {
    name: string;
    graph: Record<string, string>;
    to: string;
    closed?: string[];
    path: string[] | undefined;
  }[] = [
    { name: "takes a single step", graph: { A: "BZ", B: "AZ", Z: "AB" }, to: "Z", path: ["A>Z"] },
    { name: "goes over a hub", graph: { A: "H", H: "AZ", Z: "H" }, to: "Z", path: ["A>H", "H>Z"] },
    {
      name: "prefers the earlier neighbour among equal lengths",
      graph: { A: "CB", B: "AZ", C: "AZ", Z: "BC" },
      to: "Z",
      path: ["A>C", "C>Z"],
    },
    {
      name: "prefers fewer steps to a preferred neighbour",
      graph: { A: "BC", B: "AD", C: "AZ", D: "BZ", Z: "CD" },
      to: "Z",
      path: ["A>C", "C>Z"],
    },
    {
      name: "goes round a step that may not be taken",
      graph: { A: "CB", B: "AZ", C: "AZ", Z: "BC" },
      to: "Z",
      closed: ["CZ"],
      path: ["A>B", "B>Z"],
    },
    {
      name: "ends in a circle without the goal",
      graph: { A: "B", B: "CA", C: "AB" },
      to: "Z",
      path: undefined,
    },
    { name: "ends at an unknown currency", graph: {}, to: "Z", path: undefined },
  ];
  for (const { name, graph, to, closed, path } of cases) {
    test(name, () => assert.deepEqual(search(graph, "A", to, closed), path));
  }
});

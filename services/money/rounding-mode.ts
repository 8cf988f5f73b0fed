import { RoundingMode as WireMode } from "#gen/billing/type/v1/money_pb.ts";
import type { RoundingMode } from "./rounding.ts";

const wireModes: Readonly<Record<RoundingMode, WireMode>> = {
  "half-even": WireMode.HALF_EVEN,
  "half-up": WireMode.HALF_UP,
  "half-down": WireMode.HALF_DOWN,
  up: WireMode.UP,
  down: WireMode.DOWN,
  ceiling: WireMode.CEILING,
  floor: WireMode.FLOOR,
};

const modes = new Map(Object.entries(wireModes).map(([mode, wire]) => [wire, mode as RoundingMode]));

/** The contract's name of a mode. */
export function toWireRoundingMode(mode: RoundingMode): WireMode {
  return wireModes[mode];
}

/** The mode that the contract names; `fallback` where it is unspecified. */
export function fromWireRoundingMode(wire: WireMode, fallback: RoundingMode): RoundingMode {
  return modes.get(wire) ?? fallback;
}

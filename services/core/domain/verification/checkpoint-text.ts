import type { Checkpoint } from "./journal-fold.ts";

/** A checkpoint as the archive keeps it: JSON, with atoms as `{"atoms":"12"}` and maps as lists of pairs. */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  return JSON.stringify(checkpoint, (_, value: unknown) => {
    if (typeof value === "bigint") return { atoms: String(value) };
    return value instanceof Map ? { pairs: [...value] } : value;
  });
}

/** Reads what {@link encodeCheckpoint} gave. */
export function decodeCheckpoint(text: string): Checkpoint {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("atoms" in value) return BigInt(value.atoms as string);
    return "pairs" in value ? new Map(value.pairs as [number, bigint][]) : value;
  }) as Checkpoint;
}

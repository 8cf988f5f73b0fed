/** Values by token, each until its own time is over, and never more than a fixed number of them. */
export interface TokenMemory<T extends { readonly expiresAtMs: number }> {
  /** The value kept for a token; undefined if there is none or its time is over. */
  get(token: string, nowMs: number): T | undefined;
  /** Keeps a value; the one kept longest makes room when there is none. */
  set(token: string, value: T): void;
  readonly size: number;
}

/** An empty memory for at most `capacity` tokens. */
export function createTokenMemory<T extends { readonly expiresAtMs: number }>(
  capacity: number,
): TokenMemory<T> {
  const kept = new Map<string, T>();
  return {
    get(token, nowMs) {
      const value = kept.get(token);
      if (value === undefined || value.expiresAtMs > nowMs) return value;
      kept.delete(token);
      return undefined;
    },
    set(token, value) {
      if (kept.size >= capacity && !kept.has(token)) kept.delete(kept.keys().next().value as string);
      kept.set(token, value);
    },
    get size() {
      return kept.size;
    },
  };
}

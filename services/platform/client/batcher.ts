/** How calls become batches. */
export interface BatcherOptions<I, O> {
  /** Most items in one batch. */
  readonly maxItems: number;
  /** Most items that may wait or run; beyond it a call is refused by `overloaded`. */
  readonly maxPending: number;
  /** Runs a batch; the results stand in the order of the items. */
  run(items: readonly I[]): Promise<readonly O[]>;
  overloaded(): Error;
}

interface Waiting<I, O> {
  readonly item: I;
  resolve(result: O): void;
  reject(error: unknown): void;
}

/**
 * Lets callers stay simple while the wire carries groups: calls of one turn of the event loop travel as one
 * batch. A failed batch fails every call in it.
 */
export function createBatcher<I, O>(options: BatcherOptions<I, O>): (item: I) => Promise<O> {
  let waiting: Waiting<I, O>[] = [];
  let pending = 0;
  const flush = () => {
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += options.maxItems)
      void runBatch(all.slice(start, start + options.maxItems));
  };
  const runBatch = async (batch: readonly Waiting<I, O>[]) => {
    try {
      const results = await options.run(batch.map(({ item }) => item));
      if (results.length !== batch.length)
        throw new Error(`a batch of ${batch.length} came back with ${results.length} results`);
      batch.forEach((call, index) => {
        call.resolve(results[index] as O);
      });
    } catch (error) {
      for (const call of batch) call.reject(error);
    } finally {
      pending -= batch.length;
    }
  };
  return (item) => {
    if (pending >= options.maxPending) return Promise.reject(options.overloaded());
    pending++;
    return new Promise<O>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (waiting.length === 1) setImmediate(flush);
    });
  };
}

/** How a value is read, and for how long it may be used. */
export interface LatestValueOptions<T> {
  read(): Promise<T>;
  /** Age in milliseconds, from the end of its reading, up to which a value is given again. */
  readonly freshMs: number;
}

/** A value that takes a while to read: one reading at a time, its result shared. */
export interface LatestValue<T> {
  /**
   * The last value while it is fresh, else a new one; whoever asks meanwhile waits for the same reading. Throws
   * what reading threw; a failure is not kept.
   */
  get(): Promise<T>;
  /** The last value, however old; undefined before the first. */
  peek(): T | undefined;
  /**
   * Reads now and then again and again, each time after a pause in milliseconds since the end of the reading
   * before; the pause may depend on the last value.
   */
  keepReading(pauseMs: (last: T | undefined) => number): void;
  /** Ends the background readings; resolves when none is under way. */
  stop(): Promise<void>;
}

export function createLatestValue<T>(options: LatestValueOptions<T>): LatestValue<T> {
  let last: { readonly value: T; readonly readAtMs: number } | undefined;
  let reading: Promise<T> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const readOnce = async () => {
    const value = await options.read();
    last = { value, readAtMs: performance.now() };
    return value;
  };
  const refresh = () => {
    reading ??= readOnce().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const settled = () =>
    refresh().then(
      () => undefined,
      // Whoever asks next reads for themselves and learns of the failure.
      () => undefined,
    );

  return {
    async get() {
      if (last !== undefined && performance.now() - last.readAtMs <= options.freshMs) return last.value;
      return refresh();
    },
    peek: () => last?.value,
    keepReading(pauseMs) {
      const again = async () => {
        await settled();
        if (!stopped) timer = setTimeout(again, pauseMs(last?.value)).unref();
      };
      void again();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      if (reading !== undefined) await settled();
    },
  };
}

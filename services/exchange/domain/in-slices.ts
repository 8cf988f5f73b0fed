import { setImmediate as othersTurn } from "node:timers/promises";

/** A day of 200 rates takes well below a millisecond. */
const itemsPerSlice = 100;

/**
 * Works through many items without keeping everything else waiting: a history of 27 years takes a second, in which
 * conversions go on and the connection to Redis is looked after.
 */
export async function inSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void | Promise<void>,
): Promise<void> {
  let count = 0;
  for (const item of items) {
    await work(item);
    count += 1;
    if (count % itemsPerSlice === 0) await othersTurn();
  }
}

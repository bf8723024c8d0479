import { setImmediate } from 'node:timers/promises';

// Some tens of milliseconds of looking at tables.
const itemsPerTurn = 16_384;

/**
 * Adds up how much work there will be, so that progress and the time left can be told. Lets others go on now and
 * then: an image in many pieces takes a while.
 *
 * @throws the signal's reason
 */
export async function sumLengths<Item>(
  items: Iterable<Item>,
  lengthOf: (item: Item) => number,
  signal?: AbortSignal,
): Promise<number> {
  let sum = 0;
  let count = 0;
  for (const item of items) {
    sum += lengthOf(item);
    count += 1;
    if (count % itemsPerTurn !== 0) continue;
    await setImmediate();
    signal?.throwIfAborted();
  }
  return sum;
}

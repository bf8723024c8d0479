export interface OrderedRun<Item, Result> {
  /** How many may run at one time: memory is bounded by it. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  readonly start: (item: Item) => Promise<Result>;
  /** Called with each result in the order of the items, one after the other; 'stop' starts nothing more. */
  readonly accept: (result: Result, item: Item) => Promise<'go on' | 'stop'>;
}

/**
 * Starts work on items a few at a time and takes the results in the items' order. Whatever ends it, an error, the
 * signal or 'stop', what is running is awaited first, so that nothing goes on behind the caller's back.
 *
 * @throws whatever the items, a start or an accept throw, or the signal's reason
 */
export async function runInOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { limit, signal, start, accept }: OrderedRun<Item, Result>,
): Promise<void> {
  const running: { item: Item; result: Promise<Result> }[] = [];
  const acceptFirst = async () => {
    const first = running.shift();
    if (first === undefined) return 'stop';
    const result = await first.result;
    signal?.throwIfAborted();
    return await accept(result, first.item);
  };
  try {
    for await (const item of items) {
      signal?.throwIfAborted();
      if (running.length >= limit && (await acceptFirst()) === 'stop') return;
      const result = start(item);
      // Its failure is taken up in its turn; until then it must not count as unhandled.
      result.catch(() => {});
      running.push({ item, result });
    }
    while (running.length > 0 && (await acceptFirst()) !== 'stop');
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
  }
}

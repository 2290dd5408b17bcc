/** Items in batches, of which the next is read while the caller works on one. */

/**
 * @param load its promises run on libuv's threads (decoding does); a failure is thrown with its batch.
 * @param size items in a batch, which bounds what is in memory to twice as many.
 */
export async function* batchesAhead<T, R>(
  items: readonly T[],
  load: (item: T) => Promise<R>,
  size: number,
): AsyncGenerator<R[]> {
  const loadFrom = (start: number) => {
    const batch = Promise.all(items.slice(start, start + size).map(load));
    batch.catch(() => {}); // until it is awaited
    return batch;
  };
  let next = loadFrom(0);
  for (let start = 0; start < items.length; start += size) {
    const batch = await next;
    next = loadFrom(start + size);
    yield batch;
  }
}

/** Images in one pass: as many pixels as four of 128 px have; more gain nothing. @param side of the model's input, px. */
export const imagesAtOnce = (side: number): number =>
  Math.min(4, Math.max(1, Math.floor(4 * (128 / side) ** 2)));

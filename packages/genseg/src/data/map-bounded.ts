/** A few files at a time: decoding runs on libuv's threads, and memory holds only what is under way. */

/** Maps with a bounded number of calls under way; results in the items' order. */
export async function mapBounded<T, R>(
  items: readonly T[],
  call: (item: T) => Promise<R>,
  underWay = 4,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await call(items[index]);
    }
  };
  await Promise.all(Array.from({ length: underWay }, worker));
  return results;
}

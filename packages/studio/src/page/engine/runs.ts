/** Run-length encoding of class ids: pairs of an id and a length of 1 to 255 pixels. */

export function encodeRuns(ids: Uint8Array): Uint8Array {
  const runs: number[] = [];
  for (let i = 0; i < ids.length; ) {
    const id = ids[i];
    let end = i + 1;
    while (end < ids.length && end - i < 255 && ids[end] === id) end++;
    runs.push(id, end - i);
    i = end;
  }
  return Uint8Array.from(runs);
}

/** The ids again. @throws RangeError where the bytes are not pairs. */
export function decodeRuns(runs: Uint8Array): Uint8Array {
  if (runs.length % 2 !== 0) throw new RangeError(`runs: ${runs.length} bytes are not pairs`);
  let length = 0;
  for (let i = 1; i < runs.length; i += 2) length += runs[i];
  const ids = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    ids.fill(runs[i], at, at + runs[i + 1]);
    at += runs[i + 1];
  }
  return ids;
}

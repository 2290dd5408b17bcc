/** Follows the events of a run as they are written, also through a resume, which writes the file anew. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { RunEvent } from 'genseg/run';

/** @returns what gives the events that are new since the last call; a half-written line waits for its end. */
export function followEvents(path: string, afterId = 0): () => RunEvent[] {
  let [inode, offset, lastId] = [0, 0, afterId];
  return () => {
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch {
      return []; // not there yet
    }
    try {
      const { ino, size } = fstatSync(file);
      if (ino !== inode || size < offset) [inode, offset] = [ino, 0];
      const bytes = Buffer.alloc(size - offset);
      const read = readSync(file, bytes, 0, bytes.length, offset);
      const whole = bytes.subarray(0, read).lastIndexOf('\n') + 1;
      offset += whole;
      const lines = bytes.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
      const events = lines
        .map((line) => JSON.parse(line) as RunEvent)
        .filter(({ id }) => id > lastId);
      lastId = events.at(-1)?.id ?? lastId;
      return events;
    } finally {
      closeSync(file);
    }
  };
}

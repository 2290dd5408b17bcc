/**
 * A text file that grows line by line and survives being killed: what follows the last newline was
 * cut off by a crash, so readers leave it out and the next writer removes it.
 */

import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { writeFileAtomic, writing } from './atomic.ts';

/** The complete lines of a file, without their newlines; none where there is no file. */
export function readLines(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

/** The one writer of a line file. */
export class LineFile implements Disposable {
  readonly #path: string;
  #descriptor: number;

  /** Opens or creates the file and removes a torn last line. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openForAppend(path);
    const whole = readFileSync(path).lastIndexOf('\n') + 1;
    ftruncateSync(this.#descriptor, whole);
  }

  append(line: string): void {
    writing(this.#path, () => {
      const { size } = fstatSync(this.#descriptor);
      try {
        appendFileSync(this.#descriptor, `${line}\n`);
      } catch (error) {
        ftruncateSync(this.#descriptor, size); // half a line, then a full disk: the next would join it
        throw error;
      }
    });
  }

  /** Replaces all lines at once. */
  rewrite(lines: readonly string[]): void {
    writeFileAtomic(this.#path, lines.map((line) => `${line}\n`).join(''));
    closeSync(this.#descriptor); // it still points to the file that was replaced
    this.#descriptor = openForAppend(this.#path);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

const openForAppend = (path: string): number => writing(path, () => openSync(path, 'a'));

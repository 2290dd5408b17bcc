/** Reads the files of one data set: each is hashed as it is read, a JSON file is parsed once. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import { readBytes } from './image/raster.ts';

export const sha256 = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

export class DataFiles {
  readonly root: string;
  readonly #hashes = new Map<string, string>();
  readonly #json = new Map<string, Promise<unknown>>();

  constructor(root: string) {
    this.root = root;
  }

  /** The file as messages name it. */
  locate(path: string): string {
    return join(this.root, path);
  }

  async bytes(path: string): Promise<Uint8Array> {
    const bytes = await readBytes(this.locate(path));
    this.#hashes.set(path, sha256(bytes));
    return bytes;
  }

  json(path: string): Promise<unknown> {
    const parsed = this.#json.get(path) ?? this.#parse(path);
    this.#json.set(path, parsed);
    return parsed;
  }

  async #parse(path: string): Promise<unknown> {
    const text = new TextDecoder().decode(await this.bytes(path));
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new DataError(
        `${this.locate(path)}: is not valid JSON (${(cause as Error).message}); export it again`,
        { cause },
      );
    }
  }

  /** The hash of a file that was read. */
  sha256(path: string): string {
    const hash = this.#hashes.get(path);
    if (hash === undefined) throw new Error(`${path} was not read`);
    return hash;
  }
}

/**
 * Bringing files in: open an import, PUT each file as it is (the body is the file, nothing else), finish.
 * Nothing reaches the project before the end. A zip is unpacked as it arrives. Layouts of every kind that
 * `genseg inspect` knows are understood; in the project images lie in images/, masks as class ids in masks/.
 */
import type { Problem } from './data.ts';

export interface ImportOptions {
  /**
   * `auto`: pairs when the import holds both; masks alone when every name is that of an image already there;
   * `masks`: they belong to images already there. `test-set`: goes to tests/<name>/, never trains.
   */
  as: 'auto' | 'images' | 'masks' | 'test-set';
  /** Of the test set. */
  name?: string;
}

export interface ImportOpened {
  id: string;
}

/** Answer to a file: how many files it brought (several for a zip), and what was left out and why. */
export interface FileReceived {
  files: number;
  skipped: { path: string; reason: string }[];
}

export interface ImportFinished {
  images: number;
  masks: number;
  /** Files of a name that was taken: the new one got another name, or replaced the mask. */
  renamed: { from: string; to: string }[];
  replaced: string[];
  inferred: string[];
  problems: Problem[];
}

/** Masks drawn over the images of a test set; they replace the former ones when all are there. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../data/index.ts';
import { encodePng, overlay } from '../picture/index.ts';
import { overlayFile } from '../report/index.ts';
import { writing } from '../run/index.ts';

/** Disposed of before `finish`, it leaves the former overlays. */
export interface Overlays extends Disposable {
  add(sample: Sample, mask: Uint8Array): void;
  finish(): void;
}

export function openOverlays(folder: string): Overlays {
  const next = `${folder}.new`;
  const remove = (path: string) => rmSync(path, { recursive: true, force: true });
  remove(next);
  writing(next, () => mkdirSync(next, { recursive: true }));
  return {
    add(sample, mask) {
      const path = join(next, overlayFile(sample.id));
      const picture = encodePng(overlay(sample, mask, sample.mask!));
      writing(path, () => writeFileSync(path, picture));
    },
    finish() {
      remove(folder);
      renameSync(next, folder);
    },
    [Symbol.dispose]: () => remove(next),
  };
}

/** The guided demo: the bundled lungs as a project, nine labelled to train on, one to paint, twenty to test. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from 'genseg/run';
import { RequestError } from './errors.ts';
import { encodeIds, parseMask } from './masks.ts';
import type { ProjectContext } from './project.ts';
import { writePatients, writeSplits } from './sidecars.ts';

const labelled = 9;
const tested = 20;

/** examples/lungs of the repository; null where the package is installed without it. */
export function demoFolder(): string | null {
  const folder = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'lungs');
  return existsSync(join(folder, 'train', 'images')) ? folder : null;
}

/** Copies the example into an empty project. @throws RequestError */
export async function fillWithDemo({ paths, settings, table }: ProjectContext): Promise<void> {
  const folder = demoFolder();
  if (!folder) throw new RequestError(404, 'The example is not here; it is part of the repository');
  if (table.rows().length > 0) {
    throw new RequestError(409, 'The project has images already; open the demo in a new folder');
  }
  for (const place of [paths.images, paths.masks]) mkdirSync(place, { recursive: true });
  const files = (split: string) => readdirSync(join(folder, split, 'images')).sort();
  const train = files('train').slice(0, labelled + 1);
  const test = files('test').slice(0, tested);
  for (const [split, names] of Object.entries({ train, test })) {
    for (const name of names) {
      cpSync(join(folder, split, 'images', name), join(paths.images, name));
      if (name === train.at(-1)) continue; // the one to paint
      const mask = await parseMask(readFileSync(join(folder, split, 'masks', name)), name);
      const ids = mask.ids.map((value) => (value > 127 ? 1 : 0));
      writeFileAtomic(join(paths.masks, name), await encodeIds({ ...mask, ids }));
    }
  }
  for (const name of ['LICENSE', 'README.md']) {
    cpSync(join(folder, name), join(paths.root, `lungs-${name}`));
  }
  const idOf = (name: string) => name.replace(/\.png$/, '');
  const rows = readFileSync(join(folder, 'data.csv'), 'utf8').split('\n').slice(1);
  const patients = new Map(rows.map((row) => row.split(',') as [string, string]));
  const taken = [...train, ...test].map(idOf);
  writePatients(paths, new Map(taken.map((id) => [id, patients.get(id) ?? id])));
  writeSplits(paths, new Map(test.map((name) => [idOf(name), 'test' as const])));
  const [background, object] = settings.get().classes;
  settings.change({ name: 'Lungs (demo)', classes: [background, { ...object, name: 'lung' }] });
}

/**
 * Data folders that a suite makes of others before its first cell: a simulated shift of a test set, and
 * a larger pool of labelled images than a data set's own division leaves.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { extname, join } from 'node:path';
import { type Case, inspect } from '../data/index.ts';
import { DataError } from '../errors.ts';
import { Random } from '../random.ts';
import type { ContentOf } from './inputs.ts';
import { acquisitionShift, gaussian, shiftImage } from './shift.ts';
import { type Derivation, derivedFolder, type Suite } from './suite.ts';

/** Hidden in a derived folder, where no reader of data looks: what it was made of. */
const originOf = (folder: string): string => join(folder, '.derived.json');

/** Makes those that are not there, or were made otherwise or of other data; one that was interrupted is made again. */
export async function makeDerived(
  { derived }: Suite,
  out: string,
  contentOf: ContentOf,
): Promise<void> {
  for (const [name, derivation] of derived) {
    const to = derivedFolder(out, name);
    const { from } = derivation;
    const source = existsSync(from) ? await contentOf(from) : null; // none: refused below
    const how = derivation.kind === 'shift' ? acquisitionShift : {};
    const origin = JSON.stringify({ ...derivation, source, how });
    if (existsSync(originOf(to)) && readFileSync(originOf(to), 'utf8') === origin) continue;
    const half = `${to}.part`;
    rmSync(half, { recursive: true, force: true });
    mkdirSync(half, { recursive: true });
    await make[derivation.kind](derivation as never, half);
    writeFileSync(originOf(half), origin);
    rmSync(to, { recursive: true, force: true });
    renameSync(half, to);
  }
}

type Of<Kind extends Derivation['kind']> = Extract<Derivation, { kind: Kind }>;

const make = {
  /** The test images shifted (all, where there is no test split), their masks as they are. */
  async shift({ from }: Of<'shift'>, to: string): Promise<void> {
    const { manifest } = await inspect(from);
    const own = manifest.cases.filter(({ split }) => split === 'test');
    for (const kind of ['images', 'masks']) mkdirSync(join(to, kind));
    const normal = gaussian(1);
    for (const one of own.length > 0 ? own : manifest.cases) {
      const { id, images, masks } = one;
      if (images.length !== 1 || masks.length !== 1 || one.bits !== 8 || one.channels !== 1)
        throw new DataError(
          `${from}: ${id} is no 8-bit gray image with one mask, so its shift cannot be simulated; name a test set of another source instead`,
        );
      await shiftImage(
        join(manifest.root, images[0].path),
        join(to, 'images', `${id}.png`),
        normal,
      );
      const mask = masks[0].path;
      copyFileSync(join(manifest.root, mask), join(to, 'masks', `${id}${extname(mask)}`));
    }
    writeFileSync(join(to, 'data.csv'), patientsOf(manifest.cases));
  },

  /** The same files, divided anew by patient: about `pool` cases to draw labels from, the rest to test on. */
  async divide({ from, pool, seed }: Of<'divide'>, to: string): Promise<void> {
    const { manifest } = await inspect(from);
    const labelled = manifest.cases.filter(({ labels }) => labels !== null);
    const groups = new Map<string, Case[]>();
    for (const one of labelled) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
    const drawn: Case[] = [];
    for (const group of new Random(seed).shuffle([...groups.values()]))
      if (drawn.length + group.length <= pool) drawn.push(...group);
    if (drawn.length === labelled.length)
      throw new DataError(
        `${from}: a pool of ${pool} leaves none of its ${labelled.length} labelled images to test on; lower pool`,
      );
    for (const entry of readdirSync(manifest.root))
      if (entry !== 'splits.json' && !entry.startsWith('.'))
        symlinkSync(join(manifest.root, entry), join(to, entry));
    const train = new Set(drawn.map(({ id }) => id));
    const ids = (cases: readonly Case[]) => cases.map(({ id }) => id).sort();
    const test = labelled.filter(({ id }) => !train.has(id));
    writeFileSync(
      join(to, 'splits.json'),
      JSON.stringify({ train: ids(drawn), test: ids(test) }, null, 2),
    );
  },
};

const patientsOf = (cases: readonly Case[]): string =>
  ['image,patient', ...cases.map(({ id, group }) => `${id},${group}`), ''].join('\n');

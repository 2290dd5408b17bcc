/** From folders to the cases a run trains on and is tested on. */
import { basename } from 'node:path';
import {
  type Case,
  type Division,
  hasForeground,
  inspect,
  loadCases,
  type Manifest,
  type Problem,
  type Sample,
  splitCases,
} from '../data/index.ts';
import { DataError } from '../errors.ts';
import type { SetResult } from '../report/index.ts';
import type { TrainConfig } from '../run/index.ts';
import { methodNamed } from '../train/index.ts';

/** A test set by name: cases of a manifest. */
export interface TestSet {
  name: string;
  manifest: Manifest;
  cases: readonly Case[];
  /** What the user should know and may mend, one line each. */
  warnings: readonly string[];
  /** What its results are to say of it. */
  origin: Pick<SetResult, 'root' | 'warnings' | 'seen'>;
}

export interface RunData {
  manifest: Manifest;
  division: Division;
  /** What the user should know and may mend, one line each. */
  warnings: string[];
  /** What semi-supervised methods see beside the labelled cases. */
  unlabelled: Manifest | null;
}

/** Inspects and divides the training data. @throws DataError for the first problem that is an error. */
export async function prepareData(
  config: Pick<TrainConfig, 'data' | 'labels' | 'val' | 'seed' | 'method' | 'intensity'>,
): Promise<RunData> {
  const { manifest, problems, duplicates } = await inspect(config.data);
  manifest.fingerprint.intensity.per = config.intensity;
  refuse(problems, config.data);
  if (manifest.cases.every(({ labels }) => labels === null)) {
    throw new DataError(
      `${config.data}: no image has a mask; put masks beside the images or into a folder masks/`,
    );
  }
  const { labels, val, seed } = config;
  const drawn = splitCases(manifest, {
    ...(labels !== null && { labels }),
    ...(val !== null && { val }),
    seed,
  });
  const division = methodNamed(config.method).trainsOnValidation ? withoutValidation(drawn) : drawn;
  const leaks = duplicates
    .filter(({ crosses }) => crosses.length > 0)
    .map(
      ({ cases: [a, b], crosses }) =>
        `${a} and ${b} are the same image across ${crosses.join(' and ')}; remove one`,
    );
  const { validation } = division;
  const blind =
    validation.length === 0 || validation.some(hasForeground)
      ? []
      : [
          `${config.data}: all masks of the ${validation.length} validation images are empty, and no draw gave others, so the model that finds nothing is kept as the best; label more images that show something`,
        ];
  const warnings = [...problems.map(({ message }) => message), ...leaks, ...blind];
  return { manifest, division, warnings, unlabelled: null };
}

/** The same labelled cases, all to train on. */
const withoutValidation = (division: Division): Division => ({
  ...division,
  train: [...division.train, ...division.validation].sort((a, b) => (a.id < b.id ? -1 : 1)),
  validation: [],
});

/** The named test sets: the data's own first, then each `--test` folder by its name. */
export async function testSets(
  config: Pick<TrainConfig, 'test'>,
  data: RunData,
): Promise<TestSet[]> {
  const { manifest, division } = data;
  const cases = division.test;
  const own = {
    name: 'test',
    manifest,
    cases,
    warnings: [],
    origin: originOf(manifest, cases, data),
  };
  const sets: TestSet[] = cases.length > 0 ? [own] : [];
  for (const folder of config.test) {
    const set = await openTestSet(folder, data);
    const name = freeName(set.name, (taken) => sets.some((one) => one.name === taken));
    sets.push({ ...set, name });
  }
  return sets;
}

/** The name, or the first of name-2, name-3, ... that is not taken. */
export function freeName(base: string, isTaken: (name: string) => boolean): string {
  let name = base;
  for (let n = 2; isTaken(name); n++) name = `${base}-${n}`;
  return name;
}

/** @throws DataError for the first problem that is an error, with the number of the others. */
export function refuse(problems: readonly Problem[], folder: string): void {
  const [first, ...others] = problems.filter(({ severity }) => severity === 'error');
  if (!first) return;
  const more = others.length === 0 ? '' : `; ${others.length} more: genseg inspect ${folder}`;
  throw new DataError(first.message + more);
}

/** No reason not to score: healthy patients count too, and what has no mask does not. */
const harmless: readonly Problem['kind'][] = ['empty-mask', 'full-mask', 'missing-mask'];

/** Those of `cases` with an image that `others` have too. Files are compared, not pictures. */
export function inBoth(cases: readonly Case[], others: readonly Case[]): Case[] {
  const hashes = ({ images }: Case) => images.map(({ sha256 }) => sha256);
  const known = new Set(others.flatMap(hashes));
  return cases.filter((one) => hashes(one).some((hash) => known.has(hash)));
}

/** A score on images that the model has seen is too good. */
function originOf(
  { root }: Manifest,
  cases: readonly Case[],
  { division }: RunData,
): TestSet['origin'] {
  const shared = inBoth(cases, [...division.train, ...division.validation]);
  if (shared.length === 0) return { root };
  const [{ id }] = shared;
  const warning = `${shared.length} of the ${cases.length} test images were trained or validated on (${id} is one), so the scores are too good; take them out of the test set`;
  return { root, warnings: [warning], seen: shared.length };
}

/**
 * A test set in a folder, by the folder's name: its test split where it has one, else every labelled case. Warns of
 * images that the run of `data` was trained on.
 * @throws DataError for a file that cannot be used: a score on the others would not be one on the set.
 */
export async function openTestSet(folder: string, data: RunData): Promise<TestSet> {
  const like = data.manifest;
  const { manifest, problems } = await inspect(folder, { like });
  refuse(
    problems.filter(({ kind }) => !harmless.includes(kind)),
    folder,
  );
  const labelled = manifest.cases.filter(({ labels }) => labels !== null);
  if (labelled.length === 0)
    throw new DataError(`${folder}: no image has a mask, so there is nothing to score against`);
  const [channels, trained] = [manifest, like].map(({ fingerprint }) => fingerprint.channels);
  const gray = trained === 1 && channels === 3;
  if (channels > trained && !gray) {
    throw new DataError(
      `${folder}: images have ${channels} channels, the model was trained on ${trained}; convert them`,
    );
  }
  const own = labelled.filter(({ split }) => split === 'test');
  const name = basename(folder);
  const cases = own.length > 0 ? own : labelled;
  const origin = originOf(manifest, cases, data);
  const notes = [...(origin.warnings ?? [])];
  if (gray) notes.push('colour images are taken as gray, as the model was trained on');
  const warnings = [
    ...problems.map(({ message }) => message),
    ...notes.map((text) => `${folder}: ${text}`),
  ];
  return { name, manifest, cases, warnings, origin };
}

/** Cases at the training size, in 0..1 by the training data's scaling. */
export function loadAt(
  cases: readonly Case[],
  manifest: Manifest,
  size: number,
): Promise<Sample[]> {
  return loadCases(cases, manifest, { size: { width: size, height: size } });
}

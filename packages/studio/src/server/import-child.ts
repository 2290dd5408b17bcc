/**
 * From a folder of uploaded files to cases of the project, in a process of its own: reading every image takes
 * memory and time. Images keep their bytes; masks become class ids; patients and splits are taken over.
 * Its argument is a JSON ImportJob, its output a JSON ImportFinished without mends.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Inspection, inspect, loadCases } from 'genseg/data';
import { writeFileAtomic } from 'genseg/run';
import { encodeIds, holdsIds } from './masks.ts';
import { discard, projectPaths } from './paths.ts';
import { readPatients, readSplits, writePatients, writeSplits } from './sidecars.ts';

export interface ImportJob {
  readonly staging: string;
  /** The project. */
  readonly root: string;
  /** Folder that gets images/ and masks/: the project's, or one of tests/. */
  readonly target: string;
  /** Names of the classes there are. */
  readonly classes: readonly string[];
  /** The images lie in the project already; only masks are new. */
  readonly masksOnly: boolean;
}

export interface ImportOutcome {
  images: number;
  masks: number;
  renamed: { from: string; to: string }[];
  replaced: string[];
  inferred: string[];
  problems: { severity: 'error' | 'warning'; kind: string; message: string }[];
  /** Of the masks, where they are more than those there were. */
  classes: string[];
}

type Case = Inspection['manifest']['cases'][number];

async function importFolder(job: ImportJob): Promise<ImportOutcome> {
  const inspection = await inspect(job.staging);
  const { manifest, problems } = inspection;
  const shorten = (message: string) => message.replaceAll(`${manifest.root}/`, '');
  // Classes without a name of their own get that of the project.
  const named = (line: string) =>
    line.replaceAll(/\bclass (\d+)\b/g, (text, id) => job.classes[Number(id)] ?? text);
  const outcome: ImportOutcome = {
    ...{ images: 0, masks: 0, renamed: [], replaced: [] },
    inferred: manifest.inferred.map(named),
    problems: problems
      .filter(({ kind }) => !(job.masksOnly && kind === 'missing-mask'))
      .map(({ message, ...problem }) => ({ ...problem, message: shorten(message) })),
    classes: manifest.classes,
  };
  for (const folder of ['images', 'masks'])
    mkdirSync(join(job.target, folder), { recursive: true });
  const known = knownImages(job.target);
  const taken: [string, Case][] = [];
  for (const one of manifest.cases) {
    if (one.images.length > 1) {
      const message = `${one.images[0].path}: has a file for each channel; merge them into one image`;
      outcome.problems.push({ severity: 'error', kind: 'unusable', message });
      continue;
    }
    const mask = await maskOf(one, inspection, job.classes.length); // before its image moves
    const id = job.masksOnly
      ? one.id
      : takeImage(join(manifest.root, one.images[0].path), one.id, { job, known, outcome });
    if (mask) takeMask(id, mask, { job, outcome });
    taken.push([id, one]);
  }
  if (job.target === job.root && !job.masksOnly) takeTables(job.root, taken);
  return outcome;
}

/** By id: where the images lie that are there already. */
const knownImages = (target: string): Map<string, string> =>
  new Map(
    readdirSync(join(target, 'images')).map((name) => [
      name.replace(/\.[^.]+$/, ''),
      join(target, 'images', name),
    ]),
  );

/** A case's mask as a PNG of class ids; null: unlabelled. */
async function maskOf(one: Case, found: Inspection, classes: number): Promise<Uint8Array | null> {
  if (one.masks.length === 0) return null;
  const [{ mask, width, height }] = await loadCases([one], found.manifest);
  if (!mask) return null;
  const { coding } = found.manifest;
  // Ids that few masks use are not numbered anew: 2 stays 2 where there are three classes.
  const codes = coding?.kind === 'value' && holdsIds(found, classes) ? coding.levels : [];
  const codeOf = new Map(codes.map(({ code, class: id }) => [id, code]));
  return await encodeIds({ ids: mask.map((id) => codeOf.get(id) ?? id), width, height });
}

interface Taking {
  readonly job: ImportJob;
  readonly outcome: ImportOutcome;
}

/** Moves an image in, under a free name; one that is there already stays. @returns the case's id. */
function takeImage(
  source: string,
  id: string,
  { job, outcome, known }: Taking & { known: Map<string, string> },
): string {
  const bytes = readFileSync(source);
  const wanted = id.replace(/^\.+/, '').slice(0, 120) || 'image';
  let free = wanted;
  for (let n = 2; known.has(free); n++) {
    if (readFileSync(known.get(free)!).equals(bytes)) return free;
    free = `${wanted}-${n}`;
  }
  const file = join(job.target, 'images', `${free}${extname(source).toLowerCase()}`);
  renameSync(source, file);
  known.set(free, file);
  outcome.images++;
  if (free !== wanted) outcome.renamed.push({ from: wanted, to: free });
  return free;
}

/** Stores a mask; what it replaces goes to the trash. */
function takeMask(id: string, mask: Uint8Array, { job, outcome }: Taking): void {
  const file = join(job.target, 'masks', `${id}.png`);
  if (existsSync(file)) {
    if (readFileSync(file).equals(mask)) return;
    discard(projectPaths(job.root), file);
    outcome.replaced.push(id);
  }
  writeFileAtomic(file, mask);
  outcome.masks++;
}

/** Patients and splits that the data set brought. */
function takeTables(root: string, taken: readonly [string, Case][]): void {
  const paths = projectPaths(root);
  const patients = readPatients(paths);
  const splits = readSplits(paths);
  for (const [id, { patient, split }] of taken) {
    if (patient !== null) patients.set(id, patient);
    // What a data set calls train is drawn from anyway; only what must stay apart is written down.
    if (split === 'test' || split === 'validation') splits?.set(id, split);
  }
  writePatients(paths, patients);
  if (splits) writeSplits(paths, splits);
}

try {
  const outcome = await importFolder(JSON.parse(process.argv[2]) as ImportJob);
  process.stdout.write(JSON.stringify(outcome));
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

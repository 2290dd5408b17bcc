/**
 * Looks at a data set and says what it is: the manifest, what was inferred, what is wrong and what is
 * there twice. The command line prints it; training reads the manifest.
 */
import { resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { type Duplicate, findDuplicates } from './duplicates.ts';
import { DataFiles } from './files.ts';
import { type Discovery, discover } from './layout/discover.ts';
import { basename } from './layout/names.ts';
import type { FoundCase } from './layout/tree.ts';
import type { Case, Coding, Fingerprint, Manifest, Problem } from './manifest.ts';
import { classCounts, inferCoding, type NamedCoding } from './mask/coding.ts';
import { type Scan, type ScannedCase, scan } from './scan.ts';

export interface Inspection {
  readonly manifest: Manifest;
  readonly problems: readonly Problem[];
  readonly duplicates: readonly Duplicate[];
}

/**
 * Inspects the data set in a folder.
 * @param like a manifest whose classes the masks must follow (that of the training data, for a test set).
 * @param imagesOnly whether to leave masks unread, as if there were none.
 * @throws DataError where nothing in the folder can be used.
 */
export async function inspect(
  folder: string,
  { like = undefined, imagesOnly = false }: { like?: Manifest; imagesOnly?: boolean } = {},
): Promise<Inspection> {
  const found = await discover(resolve(folder));
  const discovery = imagesOnly
    ? { ...found, cases: found.cases.map((one) => ({ ...one, masks: [] })) }
    : found;
  const files = new DataFiles(discovery.root);
  const likeLabels = like?.coding?.kind === 'polygons' ? like.coding.labels : undefined;
  const scanned = await scan(files, discovery.cases, likeLabels);
  const problems = [...discovery.problems, ...scanned.problems];
  if (scanned.cases.length === 0) {
    throw new DataError(problems[0]?.message ?? `${folder}: no image and mask can be used`);
  }

  const channels = commonChannels(scanned.cases);
  const grayToo = channels === 3 && scanned.cases.some(isColour);
  const fits = ({ image }: ScannedCase) =>
    image.channels === channels || (image.channels === 1 && grayToo);
  const example = scanned.cases.find(({ image }) => image.channels === channels)!;
  for (const { found, image } of scanned.cases.filter((one) => !fits(one))) {
    const lacks = missingFiles(found, example.found);
    problems.push({
      severity: 'error',
      kind: 'channels-mismatch',
      message: `${files.locate(found.images[0])}: has ${image.channels} ${image.channels === 1 ? 'channel' : 'channels'} where the others have ${channels}; ${lacks.length > 0 ? `add ${lacks.join(', ')}` : 'save all images alike'}`,
    });
  }
  const usable = scanned.cases.filter(fits);

  const { coding, classes, inferred } = codingOf(usable, scanned, { discovery, like });
  const labels = usable.map(({ mask }) =>
    mask === null || !coding
      ? null
      : mask.kind === 'polygons'
        ? mask.pixels
        : classCounts(mask, { coding: coding as NamedCoding['coding'], classes }),
  );
  if (!imagesOnly && discovery.unpaired !== undefined)
    problems.push({ severity: 'error', kind: 'missing-mask', message: discovery.unpaired });
  else if (!imagesOnly) problems.push(...labelProblems(usable, labels, files));

  const duplicates = findDuplicates(
    usable.map(({ found }) => found),
    usable.map(({ look }) => look),
  );
  const groups = groupsOf(usable, duplicates);
  problems.push(...groupProblems(usable, groups, files));
  const cases = usable.map(({ found, image }, i): Case => {
    const { width, height, channels, bits, notes } = image;
    const hashed = <F extends { path: string }>(file: F) => ({
      ...file,
      sha256: files.sha256(file.path),
    });
    return {
      id: found.id,
      images: found.images.map((path) => hashed({ path })),
      masks: found.masks.map(hashed),
      ...{ width, height, channels, bits },
      spacing: found.spacing && [...found.spacing],
      patient: found.patient,
      group: groups[i],
      split: found.split,
      labels: labels[i],
      inferred: [...notes],
    };
  });
  const fingerprint: Fingerprint = {
    channels,
    bits: cases.some(({ bits }) => bits === 16) ? 16 : 8,
    width: spread(cases.map(({ width }) => width)),
    height: spread(cases.map(({ height }) => height)),
    intensity: { per: 'image', ...scanned.intensity.summary(channels) },
  };
  const regions = like ? like.regions : discovery.declared?.regions;
  const manifest: Manifest = {
    version: 1,
    root: discovery.root,
    layout: discovery.layout,
    classes: [...classes],
    coding,
    ...(regions && {
      regions: regions.map((region) => ({ ...region, classes: [...region.classes] })),
    }),
    fingerprint,
    cases,
    inferred: [...discovery.inferred, ...inferred, ...unitedMasks(cases), ...noteCounts(cases)],
  };
  return { manifest, problems, duplicates };
}

/** What the masks' codes mean; null coding where no case is labelled. */
function codingOf(
  cases: readonly ScannedCase[],
  { labels }: Scan,
  { discovery, like }: { discovery: Discovery; like?: Manifest },
): { coding: Coding | null; classes: readonly string[]; inferred: readonly string[] } {
  const masks = cases.flatMap(({ mask }) => mask ?? []);
  const raster = masks.filter((mask) => mask.kind !== 'polygons');
  if (masks.length === 0)
    return { coding: null, classes: like?.classes ?? ['background'], inferred: [] };
  if (raster.length > 0) {
    if (raster.length < masks.length) {
      throw new DataError(
        `${discovery.root}: some masks are polygons, some are images; use one kind for the whole data set`,
      );
    }
    return inferCoding(raster, like?.coding ? (like as NamedCoding<Coding>) : declared(discovery));
  }
  const classes = ['background', ...labels];
  if (like && like.classes.length !== classes.length) {
    throw new DataError(
      `${discovery.root}: polygons are labelled ${labels.join(', ')} where ${like.classes.slice(1).join(', ')} are expected; use the same labels`,
    );
  }
  return {
    coding: { kind: 'polygons', labels: [...labels] },
    classes: like?.classes ?? classes,
    inferred: [`polygon labels -> ${classes.join(', ')}`],
  };
}

function declared({ declared }: Discovery): NamedCoding<Coding> | undefined {
  return (
    declared && {
      coding: { kind: 'value', levels: [...declared.levels] },
      classes: declared.classes,
    }
  );
}

/** Three channels of one file; gray ones may stand among them. */
const isColour = ({ image, found }: ScannedCase) =>
  image.channels === 3 && found.images.length === 1;

/** The files of channels (`a_0001.png`) that a case lacks and an example has. */
function missingFiles({ images }: FoundCase, example: FoundCase): string[] {
  const channel = /_\d{4}\.\w+$/;
  const own = images.map(basename);
  const name = own[0].replace(channel, '');
  return example.images
    .map((path) => name + (path.match(channel)?.[0] ?? ''))
    .filter((file) => channel.test(own[0]) && channel.test(file) && !own.includes(file));
}

/** The number of channels most images have. */
function commonChannels(cases: readonly ScannedCase[]): number {
  const counts = new Map<number, number>();
  for (const { image } of cases) counts.set(image.channels, (counts.get(image.channels) ?? 0) + 1);
  const [[most]] = [...counts].sort(([a, m], [b, n]) => n - m || b - a);
  return most === 1 && cases.some(isColour) ? 3 : most;
}

function labelProblems(
  cases: readonly ScannedCase[],
  labels: readonly (readonly number[] | null)[],
  files: DataFiles,
): Problem[] {
  const isEmpty = (counts: readonly number[]) => counts.slice(1).every((n) => n === 0);
  const isFull = (counts: readonly number[]) => counts[0] === 0;
  const known = labels.filter((counts) => counts !== null);
  // One empty mask may be a healthy patient; nothing but empty masks teaches nothing.
  const judge = (bad: (counts: readonly number[]) => boolean, one: string, all: string) =>
    known.every(bad)
      ? ({ severity: 'error', text: all } as const)
      : ({ severity: 'warning', text: one } as const);
  const empty = judge(
    isEmpty,
    'the mask is empty; draw the object, or keep it if there is none in the image',
    'the mask is empty, and so is every other; draw the objects',
  );
  const full = judge(
    isFull,
    'the mask covers the whole image; mark the background as 0, or keep it if there is none',
    'the mask covers the whole image, and so does every other; mark the background as 0',
  );
  return cases.flatMap(({ found }, i): Problem[] => {
    const counts = labels[i];
    const file = files.locate((found.masks[0] ?? { path: found.images[0] }).path);
    if (counts === null) {
      const message = `${file}: has no mask and counts as unlabelled; add a mask of the same name if it has one`;
      return [
        { severity: known.length === 0 ? 'error' : 'warning', kind: 'missing-mask', message },
      ];
    }
    const flaw = isEmpty(counts) ? empty : isFull(counts) ? full : null;
    if (flaw === null) return [];
    const kind = flaw === empty ? 'empty-mask' : 'full-mask';
    return [{ severity: flaw.severity, kind, message: `${file}: ${flaw.text}` }];
  });
}

/** Groups on both sides of the test split: their other cases are left out of training. */
function groupProblems(
  cases: readonly ScannedCase[],
  groups: readonly string[],
  files: DataFiles,
): Problem[] {
  const tested = new Set(groups.filter((_, i) => cases[i].found.split === 'test'));
  return cases.flatMap(({ found }, i): Problem[] => {
    if (found.split === 'test' || !tested.has(groups[i])) return [];
    const message = `${files.locate(found.images[0])}: its patient (or a duplicate) is in the test split, so it is left out of training; mend the split to use it`;
    return [{ severity: 'warning', kind: 'split', message }];
  });
}

/** Patients, or single cases; joined where they are duplicates of each other. */
function groupsOf(cases: readonly ScannedCase[], duplicates: readonly Duplicate[]): string[] {
  const own = cases.map(({ found }) => found.patient ?? found.id);
  const parent = new Map(own.map((group) => [group, group]));
  const root = (group: string): string => {
    const up = parent.get(group)!;
    return up === group ? group : root(up);
  };
  const byId = new Map(cases.map(({ found }, i) => [found.id, own[i]]));
  for (const {
    cases: [a, b],
  } of duplicates) {
    const [first, second] = [root(byId.get(a)!), root(byId.get(b)!)].sort();
    parent.set(second, first);
  }
  return own.map(root);
}

/** The smallest of some whole numbers, the middle one (of an even count the larger of the two there) and the largest. */
function spread(values: readonly number[]): [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)!];
}

/** How many masks were united, in how many cases. */
function unitedMasks(cases: readonly Case[]): string[] {
  const counts = cases.map(({ masks }) => masks.length).filter((count) => count > 1);
  if (counts.length === 0) return [];
  const [least, , most] = spread(counts);
  const masks = least === most ? most : `${least} to ${most}`;
  return [`${masks} masks united: ${counts.length} of ${cases.length} images`];
}

/** What was done to the files, with the number of cases each. */
function noteCounts(cases: readonly Case[]): string[] {
  const counts = new Map<string, number>();
  for (const note of cases.flatMap(({ inferred }) => inferred)) {
    counts.set(note, (counts.get(note) ?? 0) + 1);
  }
  return [...counts].sort().map(([note, count]) => `${note}: ${count} of ${cases.length} images`);
}

/**
 * Infers from all masks of a data set which codes mean which class: 0/1, 0/255, class ids, gray
 * levels, palettes, colours; through anti-aliasing and JPEG damage. One mapping for every mask.
 *
 * A class is told from an in-between value by its interior: pixels whose four neighbours are equal.
 * Anti-aliasing and compression make values at borders only; a class has regions.
 */
import { ignoredClass } from '../../classes.ts';
import { DataError } from '../../errors.ts';
import type { Coding } from '../manifest.ts';
import {
  type CodeCount,
  codeDistance,
  colourOf,
  type MaskCodes,
  samePalette,
  toColours,
} from './codes.ts';

/** What inference needs to know of one mask. */
export interface ObservedMask extends Pick<MaskCodes, 'kind' | 'palette' | 'lossy'> {
  readonly counts: ReadonlyMap<number, CodeCount>;
}

export type RasterCoding = Extract<Coding, { kind: 'value' | 'colour' }>;

/** A coding with the names of its classes; class 0 is the background. */
export interface NamedCoding<C extends Coding = RasterCoding> {
  readonly coding: C;
  readonly classes: readonly string[];
}

/** More regions of different codes than this are instances (cells numbered 1, 2, ...), not classes. */
const maxClasses = 64;
/** A code beside ids 0, 1, 2, ... that means "no label" (PASCAL VOC, Cityscapes). */
const voidValue = 255;

/**
 * Infers the coding of a data set's masks.
 * @param expected what the data set's own description, or the training data, says: taken where the
 * masks agree with it. @throws DataError where they do not.
 */
export function inferCoding(
  masks: readonly ObservedMask[],
  expected?: NamedCoding<Coding>,
): NamedCoding & { readonly inferred: readonly string[] } {
  const kind = commonKind(masks);
  const each = masks.map((mask) => commonCounts(mask, kind));
  const counts = sum(each);
  const lossy = masks.some((mask) => mask.lossy);
  const found = idLevels(each, kind, lossy) ?? findLevels(counts, kind, lossy);
  const levels = expected ? reconcile(found, kind, expected) : found;
  const coding: RasterCoding = { kind, levels };
  const classCount = 1 + Math.max(...classIds(levels));
  const classes =
    expected?.classes ??
    Array.from({ length: classCount }, (_, i) => (i === 0 ? 'background' : `class ${i}`));
  const inferred = [describe(coding, classes)];

  const exact = new Set(levels.map((level) => level.code));
  const damaged = each.filter((codes) => [...codes.keys()].some((code) => !exact.has(code))).length;
  if (isInstances(kind, levels, counts)) {
    inferred[0] = `masks number their objects 1, 2, ...: every object -> ${classes[1]}`;
  } else if (damaged > 0) {
    const cause = lossy ? 'JPEG damage' : 'anti-aliasing or lossy copies';
    const mend =
      kind === 'value' && levels.length === 2
        ? `thresholded at ${Math.floor((levels[0].code + levels[1].code) / 2) + 1}`
        : 'taken to the nearest level';
    inferred.push(
      `${damaged} ${damaged === 1 ? 'mask' : 'masks'} had in-between values (${cause}), ${mend}`,
    );
  }
  return { coding, classes, inferred };
}

/** Class ids of a mask, one byte per pixel. */
export function toClasses(mask: MaskCodes, coding: RasterCoding): Uint8Array<ArrayBuffer> {
  const { codes } = coding.kind === 'colour' ? toColours(mask) : mask;
  const classOf = classifier(coding);
  const classes = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) classes[i] = classOf(codes[i]);
  return classes;
}

/** Pixels per class of an observed mask; those without a label are in none. */
export function classCounts(mask: ObservedMask, { coding, classes }: NamedCoding): number[] {
  const classOf = classifier(coding);
  const pixels = classes.map(() => 0);
  for (const [code, { count }] of commonCounts(mask, coding.kind)) {
    if (classOf(code) !== ignoredClass) pixels[classOf(code)] += count;
  }
  return pixels;
}

/** From a code to the class of its nearest level; remembers what it has seen. */
function classifier({ kind, levels }: RasterCoding): (code: number) => number {
  const known = new Map(levels.map((level) => [level.code, level.class]));
  return (code) => {
    let result = known.get(code);
    if (result === undefined) {
      let best = Number.POSITIVE_INFINITY;
      for (const level of levels) {
        const d = codeDistance(kind, code, level.code);
        if (d < best) [best, result] = [d, level.class];
      }
      known.set(code, result ?? 0);
    }
    return result ?? 0;
  };
}

/**
 * Indices count as values where all palettes agree, the first colour is the black one (if any is) and
 * no mask is in colour; else as their colours.
 */
function commonKind(masks: readonly ObservedMask[]): RasterCoding['kind'] {
  const palettes = masks.flatMap((mask) => (mask.kind === 'index' ? [mask.palette ?? []] : []));
  const ordered = palettes.every(
    (palette) => samePalette(palette, palettes[0]) && Math.max(0, palette.indexOf(0)) === 0,
  );
  return ordered && masks.every((mask) => mask.kind !== 'colour') ? 'value' : 'colour';
}

function commonCounts(
  mask: ObservedMask,
  kind: RasterCoding['kind'],
): ReadonlyMap<number, CodeCount> {
  if (kind === 'value' || mask.kind === 'colour') return mask.counts;
  const colour = colourOf(mask);
  return sum([...mask.counts].map(([code, count]) => new Map([[colour(code), count]])));
}

function sum(parts: readonly ReadonlyMap<number, CodeCount>[]): Map<number, CodeCount> {
  const total = new Map<number, CodeCount>();
  for (const part of parts) {
    for (const [code, { count, interior, border }] of part) {
      const so = total.get(code) ?? { count: 0, interior: 0, border: 0 };
      total.set(code, {
        count: so.count + count,
        interior: so.interior + interior,
        border: so.border + border,
      });
    }
  }
  return total;
}

type Levels = RasterCoding['levels'];

const classIds = (levels: Levels) => [
  ...new Set(levels.map((level) => level.class).filter((id) => id !== ignoredClass)),
];

/**
 * Class ids 0, 1, 2, ... taken as they are. 255 beside them is "no label" where it shares a mask with
 * another class, and one more way to write class 1 where masks are 0/1 here and 0/255 there.
 */
function idLevels(
  each: readonly ReadonlyMap<number, CodeCount>[],
  kind: RasterCoding['kind'],
  lossy: boolean,
): Levels | undefined {
  if (kind !== 'value' || lossy) return undefined;
  const counts = sum(each);
  const ids = [...counts.keys()].filter((code) => code !== voidValue);
  if (ids.length < 2 || Math.max(...ids) >= maxClasses) return undefined;
  const levels = backgroundFirst(ids, counts);
  if (!counts.has(voidValue)) return levels;
  const beside = each.some(
    (mask) => mask.has(voidValue) && levels.slice(1).some(({ code }) => mask.has(code)),
  );
  if (!beside && ids.length > 2) return undefined;
  return [...levels, { code: voidValue, class: beside ? ignoredClass : 1 }];
}

function findLevels(
  counts: ReadonlyMap<number, CodeCount>,
  kind: RasterCoding['kind'],
  lossy: boolean,
): Levels {
  const codes = counts.size <= 2 ? [...counts.keys()] : regionCodes(counts, kind, lossy);
  if (codes.length > maxClasses) {
    // Every other code is nearer to the code after 0 than to 0.
    return [0, instanceCode(kind)].map((code, i) => ({ code, class: i }));
  }
  if (codes.length === 1 && codes[0] !== 0) codes.push(0); // every mask is full
  return backgroundFirst(codes, counts, (code) => lossy && codeDistance(kind, code, 0) < 16);
}

/** Background: code 0 or what stands for it, else the code that is most on the border. Then by code. */
function backgroundFirst(
  codes: readonly number[],
  counts: ReadonlyMap<number, CodeCount>,
  isBlack: (code: number) => boolean = () => false,
): Levels {
  const border = (code: number) => counts.get(code)?.border ?? 0;
  const background =
    codes.find((code) => code === 0) ??
    codes.find(isBlack) ??
    codes.reduce((a, b) => (border(b) > border(a) ? b : a));
  const rest = codes.filter((code) => code !== background).sort((a, b) => a - b);
  return [background, ...rest].map((code, i) => ({ code, class: i }));
}

/** Codes that have regions of their own, the largest first, each at a distance from the ones before. */
function regionCodes(
  counts: ReadonlyMap<number, CodeCount>,
  kind: RasterCoding['kind'],
  lossy: boolean,
): number[] {
  const codes = [...counts.keys()];
  const damaged = lossy || codes.length > maxClasses;
  const share = damaged ? 0.1 : 0.02;
  const regions = [...counts].filter(([, { count, interior }]) => interior >= share * count);
  const candidates = (regions.length > 0 ? regions : [...counts])
    .sort(([a, m], [b, n]) => n.interior - m.interior || n.count - m.count || a - b)
    .map(([code]) => code);
  if (regions.length > maxClasses && !lossy) return candidates; // instances
  // Thin structures may have no interior: the highest value is a level all the same.
  const highest = kind === 'value' ? [Math.max(...codes)] : [];
  const span = kind === 'colour' ? 255 : Math.max(...codes) - Math.min(...codes);
  const separation = (damaged ? 0.1 : 0.05) * span;
  const levels: number[] = [];
  for (const code of [...candidates, ...highest]) {
    if (levels.every((level) => codeDistance(kind, code, level) >= separation)) levels.push(code);
  }
  return levels;
}

const instanceCode = (kind: RasterCoding['kind']) => (kind === 'colour' ? 0x010101 : 1);

const isInstances = (
  kind: RasterCoding['kind'],
  levels: Levels,
  counts: ReadonlyMap<number, CodeCount>,
) =>
  levels.length === 2 &&
  levels[1].code === instanceCode(kind) &&
  Math.max(...counts.keys()) >= maxClasses;

/** The expected coding where the masks' levels are among it; their own where only the number agrees. */
function reconcile(
  found: Levels,
  kind: RasterCoding['kind'],
  { coding, classes }: NamedCoding<Coding>,
): Levels {
  if (coding.kind === kind) {
    const known = new Set(coding.levels.map((level) => level.code));
    if (found.every((level) => known.has(level.code))) return coding.levels;
  }
  const classCount = classIds(found).length;
  if (classCount === classes.length) return found;
  throw new DataError(
    `masks hold ${classCount} classes (${describeCodes({ kind, levels: found })}) where ${classes.length} are expected (${classes.join(', ')}); use the same classes in both`,
  );
}

function describeCodes({ kind, levels }: RasterCoding): string {
  const names = levels.map(({ code }) =>
    kind === 'colour' ? `#${code.toString(16).padStart(6, '0')}` : String(code),
  );
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0];
  return `${kind}${names.length > 1 ? 's' : ''} ${list}`;
}

const describe = (coding: RasterCoding, classes: readonly string[]) =>
  `${describeCodes(coding)} -> ${coding.levels.map((level) => (level.class === ignoredClass ? 'no label' : classes[level.class])).join(', ')}`;

/** What methods, runs and metrics are called, in plain words. */
import type { MetricName } from '../metrics/index.ts';
import type { MethodName } from '../run/index.ts';
import { counted } from './format.ts';
import type { SetResult } from './set-result.ts';

interface Words {
  readonly label: string;
  /** What it does, without a subject. */
  readonly sentence: string;
}

const words: Readonly<Record<MethodName, Words>> = {
  plain: { label: 'Plain', sentence: 'learns from the labelled images as they are' },
  augment: {
    label: 'Augmentation',
    sentence: 'learns from the labelled images, half of them strongly augmented at random',
  },
  rotate: { label: 'Rotation', sentence: 'learns from the labelled images, turned at random' },
  flip: { label: 'Flip', sentence: 'learns from the labelled images, mirrored at random' },
  translate: { label: 'Translation', sentence: 'learns from the labelled images, moved at random' },
  combine: {
    label: 'Combination',
    sentence: 'learns from the labelled images, turned, mirrored and moved at random',
  },
  'copy-paste': {
    label: 'Copy-paste',
    sentence: 'learns from augmented images into which the objects of others are pasted',
  },
  duplicate: {
    label: 'Duplicates',
    sentence:
      'puts real pairs in the places of synthetic ones, with their warps and colours: the control for the generator',
  },
  'val-as-train': {
    label: 'Validation as training',
    sentence: 'learns from all labelled images, augmented, and validates on none',
  },
  'mean-teacher': {
    label: 'Mean teacher',
    sentence: 'agrees with its own moving average on unlabelled images',
  },
  dct: {
    label: 'Deep co-training',
    sentence: 'learns beside a second network, with which it is to agree on unlabelled images',
  },
  mcf: {
    label: 'Mutual correction',
    sentence: 'learns beside a network of another kind; the better one teaches the other',
  },
  ctbct: {
    label: 'Cross teaching',
    sentence: 'a CNN and a transformer teach each other on unlabelled images',
  },
  separate: {
    label: 'Separate',
    sentence:
      'adds synthetic pairs of image and mask from a generator that was trained beforehand, without feedback',
  },
  genseg: {
    label: 'GenSeg',
    sentence:
      'adds synthetic pairs of image and mask from a generator that the validation loss steers',
  },
};

/** A method of another version is called by its name. */
export const methodWords = (method: string): Words =>
  words[method as MethodName] ?? { label: method, sentence: '' };

/** A label within a sentence: augmentation, but GenSeg. */
export const inSentence = (label: string): string =>
  label.replace(/^[A-Z](?=[a-z]*\b)/, (first) => first.toLowerCase());

/** Runs of different methods are called by their method, others by their folder too. */
export function labelled<Run extends { readonly method: string; readonly name: string }>(
  runs: readonly Run[],
): (Run & { readonly label: string })[] {
  const distinct = new Set(runs.map(({ method }) => method)).size === runs.length;
  return runs.map((run) => {
    const { label } = methodWords(run.method);
    return { ...run, label: distinct ? label : `${label} (${run.name})` };
  });
}

const metricTitles: Readonly<Record<MetricName, string>> = {
  dice: 'Dice',
  jaccard: 'Jaccard',
  precision: 'Precision',
  recall: 'Recall',
  hd95: 'HD95',
  assd: 'ASSD',
  nsd: 'NSD',
};

/** Whether a metric is a length; the others lie in 0..1. */
export const isLength = (name: MetricName): boolean => name === 'hd95' || name === 'assd';

/** The name of a metric with what its numbers are in. */
export function metricTitle(
  name: MetricName,
  { unit, tolerance }: Pick<SetResult, 'unit' | 'tolerance'>,
): string {
  if (name === 'nsd') return `${metricTitles.nsd} at ${tolerance} ${unit}`;
  return isLength(name) ? `${metricTitles[name]}, ${unit}` : metricTitles[name];
}

/** The foreground classes that have a name of their own; masks without names give `class 1`. */
export const namedClasses = (classes: readonly string[]): string[] =>
  classes.slice(1).filter((name) => !/^class \d+$/.test(name));

/** 12 cases, or where some could not be scored: 12 scored of 14 cases. */
export const scoredCases = (cases: number, scored: number): string =>
  scored < cases ? `${scored} scored of ${counted(cases, 'case')}` : counted(cases, 'case');

/** How many cases a result is of, and of how many patients those are that were scored. */
export function sizeOf({ cases, presence, patients }: Sized, shortly = false): string {
  const scored = cases.length - presence.neither;
  const text = scoredCases(cases.length, scored);
  if (shortly && patients === scored) return text;
  return `${text}${scored < cases.length ? ', those' : ''} of ${counted(patients, 'patient')}`;
}

type Sized = Pick<SetResult, 'cases' | 'presence' | 'patients'>;

/** a, b and c */
export const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

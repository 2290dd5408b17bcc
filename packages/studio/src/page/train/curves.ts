/** Lines of charts, from what a round's events told. */
import type { MethodName } from '../../api.ts';
import type { Line } from '../ui/chart.tsx';
import { methodWords } from '../words/methods.ts';
import type { LiveRound, LiveRun } from './round-store.ts';

const lossColours = [
  '--accent',
  '--run-augment',
  '--run-separate',
  '--run-genseg',
  '--run-plain',
] as const;
const candidateColours = ['--accent', '--run-augment', '--run-genseg', '--run-separate'] as const;

const lossNames: Readonly<Record<string, string>> = {
  segmentation: 'on training pairs',
  architecture: 'on validation images, for the architecture',
};

/** Losses of the generator's game, far from those of segmentation in size. */
const gan = new Set(['generator', 'discriminator']);

/** Validation Dice of every method, over its segmentation steps. */
export const validationLines = (round: LiveRound, order: readonly MethodName[]): Line[] =>
  order.flatMap((method) => {
    const run = round.get(method);
    if (!run || run.validation.length === 0) return [];
    return {
      label: methodWords(method).label,
      colour: `--run-${method}` as const,
      points: run.validation.map(({ done, value }) => [done, value.dice] as const),
    };
  });

/** The losses of one stage, a line for each name: those of the GAN, or the others. */
export function lossLines(run: LiveRun, stage: string, of: 'gan' | 'masks'): Line[] {
  const samples = run.losses.filter(({ value }) => value.stage === stage);
  const all = new Set(samples.flatMap(({ value }) => Object.keys(value.values)));
  const names = [...all].filter((name) => gan.has(name) === (of === 'gan'));
  return names.map((name, i) => ({
    label: lossNames[name] ?? name,
    colour: lossColours[i % lossColours.length],
    points: samples.flatMap(({ done, value }) => {
      const y = value.values[name];
      return y === undefined || y === null ? [] : [[done, y] as const];
    }),
  }));
}

/** Weights of one level's candidates over the upper steps. */
export function architectureLines(run: LiveRun, level: string): Line[] {
  const candidates = run.architecture.at(-1)?.value.candidates ?? [];
  return candidates.map((label, i) => ({
    label,
    colour: candidateColours[i % candidateColours.length],
    points: run.architecture.flatMap(({ done, value }) => {
      const weight = value.levels.find(({ name }) => name === level)?.weights[i];
      return weight === undefined ? [] : [[done, weight] as const];
    }),
  }));
}

/** Levels of the generator, the one that moved most first. */
export const levelsByMovement = (run: LiveRun): { name: string; moved: number }[] =>
  [...(run.architecture.at(-1)?.value.levels ?? [])]
    .map(({ name, moved }) => ({ name, moved }))
    .sort((a, b) => b.moved - a.moved);

/**
 * What a run shows on the terminal: one line that changes (stage, bar, time left, validation Dice,
 * losses, how far alpha has moved) and lines that stay (the self-check, the scores, the end).
 * Pure functions of the events; where and when they are printed is the command line's business.
 */
import type { RunEvent, StageName } from '../run/index.ts';
import { counted, duration, fixed, short } from './format.ts';
import { asTrainEvent } from './train-event.ts';
import { scoredCases } from './words.ts';

export interface ProgressState {
  readonly method: string;
  readonly stage: StageName | null;
  readonly done: number;
  readonly steps: number;
  readonly losses: Readonly<Record<string, number>>;
  /** Of the stage; NaN: not known yet. */
  readonly secondsLeft: number;
  /** Dice on the validation cases, now and of the weights that are kept; null: none is kept yet. */
  readonly validation: { readonly dice: number; readonly kept: number | null } | null;
  /** Length of the way alpha went from its start, over all levels. */
  readonly moved: number | null;
}

/** Of a stage. */
const beginning = { done: 0, losses: {}, secondsLeft: Number.NaN };

export const startOfProgress: ProgressState = {
  ...beginning,
  method: '',
  stage: null,
  steps: 0,
  validation: null,
  moved: null,
};

/** The state after an event. */
export function nextProgress(state: ProgressState, event: RunEvent): ProgressState {
  const { type, data } = asTrainEvent(event);
  switch (type) {
    case 'start':
      return { ...startOfProgress, method: data.method };
    case 'stage':
      return { ...state, ...beginning, stage: data.name, steps: data.steps };
    case 'progress': {
      const { stage, done, steps, losses, secondsLeft } = data;
      return { ...state, stage, done, steps, losses, secondsLeft };
    }
    case 'validation': {
      const { dice, best } = data;
      const kept = best ? dice : (state.validation?.kept ?? null);
      return { ...state, validation: { dice, kept } };
    }
    case 'architecture':
      return { ...state, moved: Math.hypot(...data.levels.map(({ moved }) => moved)) };
    case 'evaluation':
      return { ...state, done: Math.min(state.steps, state.done + 1) };
    default:
      return state;
  }
}

const stageWords: Readonly<Record<StageName, string>> = {
  pretrain: 'pre-training',
  train: 'training',
  evaluate: 'evaluating',
};

const barLength = 24;

/** The line that changes, at most `columns` wide: what comes last is left out first. */
export function progressLine(
  state: ProgressState,
  { columns = 100, bar = true }: { columns?: number; bar?: boolean } = {},
): string {
  const { method, stage, done, steps, losses, secondsLeft, validation, moved } = state;
  if (!stage) return '';
  const full = steps > 0 ? Math.round((barLength * done) / steps) : 0;
  const { segmentation, ...others } = losses;
  const parts = [
    `${method} ${stageWords[stage]}`.trim(),
    bar && '━'.repeat(full) + '╌'.repeat(barLength - full),
    `${String(done).padStart(String(steps).length)}/${steps}`,
    Number.isFinite(secondsLeft) && `${duration(secondsLeft)} left`,
    validation && `Dice ${fixed(validation.dice)}`,
    typeof validation?.kept === 'number' && `kept ${fixed(validation.kept)}`,
    segmentation !== undefined && `loss ${short(segmentation)}`,
    moved !== null && `alpha moved ${short(moved)}`,
    ...Object.entries(others).map(([name, loss]) => `${name} ${short(loss)}`),
  ].filter((part) => typeof part === 'string');
  while (parts.length > 1 && parts.join('  ').length > columns) parts.pop();
  return parts.join('  ').slice(0, columns);
}

/** The lines that an event leaves behind, if any. */
export function progressNote(event: RunEvent): string | null {
  const { type, data, step } = asTrainEvent(event);
  switch (type) {
    case 'start': {
      const stages = data.stages.map(({ name, steps }) => `${stageWords[name]} ${steps} steps`);
      return `${data.method}: ${counted(data.labels, 'labelled image')}, seed ${data.seed}, ${stages.join(', ')}`;
    }
    case 'selfcheck': {
      const lines = data.checks.map(
        ({ name, passed, value }) => `  ${passed ? '✓' : '✗'} ${name}: ${value}`,
      );
      return [`self-check ${data.passed ? 'passed' : 'FAILED'}`, ...lines].join('\n');
    }
    case 'evaluation': {
      const { set, dice, low, high, cases, scored = cases } = data;
      return `${set}: Dice ${fixed(dice)} [${fixed(low)}, ${fixed(high)}] on ${scoredCases(cases, scored)}`;
    }
    case 'end':
      return `${data.reason} after ${duration(data.seconds)}`;
    default:
      return event.type === 'resume' ? `resumed after step ${step}` : null;
  }
}

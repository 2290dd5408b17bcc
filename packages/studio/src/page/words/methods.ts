/** What methods, test sets, stages and states are called, in plain words. */
import type { MethodName, RunState, RunSummary, SetScores } from '../../api.ts';

interface Words {
  readonly label: string;
  readonly sentence: string;
}

/** To the one whose images they are; reports say it of a study, and name more methods than this page trains. */
const words: Readonly<Record<MethodName, Words>> = {
  plain: { label: 'Plain', sentence: 'Learns from your labelled images as they are.' },
  augment: {
    label: 'Augmentation',
    sentence: 'Learns from your labelled images, turned, bent and recoloured at random.',
  },
  separate: {
    label: 'Separate',
    sentence: 'Adds synthetic images from a generator that gets no feedback.',
  },
  genseg: {
    label: 'GenSeg',
    sentence: 'Adds synthetic images from a generator that learns what helps the model.',
  },
};

export const allMethods = Object.keys(words) as MethodName[];

/** A method that this page does not know yet is called by its name. */
export const methodWords = (method: string): Words =>
  words[method as MethodName] ?? { label: method, sentence: '' };

export const setWords = ({ set, inDomain }: Pick<SetScores, 'set' | 'inDomain'>): string =>
  inDomain ? 'own test images' : `${set}, from elsewhere`;

export const states: Readonly<Record<RunState, string>> = {
  waiting: 'waiting for its turn',
  starting: 'starting',
  running: 'training',
  stopping: 'stopping at the next checkpoint',
  paused: 'paused',
  killed: 'interrupted',
  finished: 'finished',
  failed: 'failed',
};

const stages: Readonly<Record<NonNullable<RunSummary['stage']>, string>> = {
  pretrain: 'Learning to draw images for masks',
  train: 'Learning to find masks',
  evaluate: 'Testing',
};

/** What a run is doing, in words. */
export const stageWords = (stage: RunSummary['stage']): string =>
  stage === null ? 'Getting ready' : stages[stage];

/** Whether a run may still go on: paused and interrupted ones wait to be resumed. */
export const isAlive = (state: RunState): boolean => state !== 'finished' && state !== 'failed';
export const isAtWork = (state: RunState): boolean =>
  state === 'starting' || state === 'running' || state === 'stopping' || state === 'waiting';

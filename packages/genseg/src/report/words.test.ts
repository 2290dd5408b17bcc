import { expect, test } from 'vitest';
import { methodNames } from '../run/index.ts';
import { inSentence, labelled, methodWords } from './words.ts';

test('every method has words; one of another version has its name', () => {
  for (const method of methodNames) {
    expect(methodWords(method).label).not.toBe(method);
    expect(methodWords(method).sentence).not.toBe('');
  }
  expect(methodWords('of-tomorrow')).toEqual({ label: 'of-tomorrow', sentence: '' });
});

test('runs of one method are told apart by their folders', () => {
  const run = (method: string, name: string) => ({ method, name });
  const labels = (...runs: ReturnType<typeof run>[]) => labelled(runs).map(({ label }) => label);
  expect(labels(run('plain', 'a'), run('genseg', 'b'))).toEqual(['Plain', 'GenSeg']);
  expect(labels(run('plain', 'a'), run('plain', 'B'))).toEqual(['Plain (a)', 'Plain (B)']);
});

test('within a sentence labels are words, but for the name GenSeg', () => {
  const labels = ['Augmentation', 'Deep co-training', 'Plain (B)', 'GenSeg'];
  expect(labels.map(inSentence)).toEqual([
    ...['augmentation', 'deep co-training', 'plain (B)', 'GenSeg'],
  ]);
});

import { expect, test } from 'vitest';
import { hrefTo, parseRoute } from './route.ts';

test.each(['a.png', 'patient 7/left#1', 'ä%20', '..'])(
  '%s goes into an address and comes back',
  (name) => {
    expect(parseRoute(hrefTo('annotate', name))).toEqual({ step: 'annotate', name });
  },
);

test.each(['', '#', '#/nowhere', '#/data/', 'https://elsewhere'])(
  '%s leads to the data',
  (hash) => {
    expect(parseRoute(hash)).toEqual({ step: 'data', name: null });
  },
);

test('a broken name leads to the step', () => {
  expect(parseRoute('#/train/%E0%A4%A')).toEqual({ step: 'train', name: null });
});

import { expect, test } from 'vitest';
import { area, bytes, duration, list, percent, plural, score, withInterval } from './format.ts';

test.each([
  [0.2, '1 second'],
  [40, '40 seconds'],
  [59.4, '59 seconds'],
  [59.6, '1 minute'],
  [179, '3 minutes'],
  [3600, '1 hour'],
  [4800, '1 h 20 min'],
  [7170, '2 hours'],
  [90_000, '1 day 1 h'],
  [Number.NaN, 'an unknown time'],
  [-1, 'an unknown time'],
])('%d seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1500, '1.5 kB'],
  [999_600, '1.0 MB'],
  [250_000_000, '250 MB'],
  [1.2e9, '1.2 GB'],
])('%d bytes are %s', (count, words) => {
  expect(bytes(count)).toBe(words);
});

test('scores keep two decimals, and nothing to score is a dash, not a zero', () => {
  expect([score(0.905), score(0), score(null), score(undefined), score(Number.NaN)]).toEqual([
    '0.91',
    '0.00',
    '–',
    '–',
    '–',
  ]);
  expect(withInterval(0.9, [0.85, 0.94])).toBe('0.90 (0.85 to 0.94)');
  expect(withInterval(0.9, [null, null])).toBe('0.90');
});

test('a few of many are not none, and nearly all are not all', () => {
  expect([percent(0), percent(0.004), percent(0.5), percent(0.998), percent(1)]).toEqual([
    '0 %',
    'under 1 %',
    '50 %',
    'over 99 %',
    '100 %',
  ]);
});

test('words', () => {
  expect(plural(1, 'image')).toBe('1 image');
  expect(plural(1200, 'image')).toBe('1,200 images');
  expect(plural(2, 'class', 'classes')).toBe('2 classes');
  expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
  expect(area(12345.6)).toBe('12,300 mm²');
  expect(area(0.012345)).toBe('0.0123 mm²');
});

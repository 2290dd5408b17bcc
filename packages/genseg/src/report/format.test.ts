import { expect, test } from 'vitest';
import { counted, duration, fixed, pValue, short, signed } from './format.ts';

test.each([
  [fixed(0.93149), '0.931'],
  [fixed(12.3456, 1), '12.3'],
  [fixed(Number.NaN), '–'],
  [fixed(null), '–'],
  [signed(0.0123), '+0.012'],
  [signed(-0.0123), '−0.012'],
  [signed(Number.NaN), '–'],
  [short(0.21349), '0.213'],
  [short(12.345), '12.3'],
  [short(0), '0'],
  [short(5000), '5000'],
  [short(12345.6), '12346'],
  [short(0.00004), '4e-5'],
  [short(-0.000042), '-4.2e-5'],
  [short(2e7), '2e7'],
  [short(Number.POSITIVE_INFINITY), '–'],
  [pValue(0.0004), 'p < 0.001'],
  [pValue(0.0312), 'p = 0.031'],
  [pValue(0.5), 'p = 0.50'],
  [duration(41.7), '42 s'],
  [duration(59.9), '1 min 0 s'],
  [duration(192), '3 min 12 s'],
  [duration(7500), '2 h 5 min'],
  [counted(1, 'case'), '1 case'],
  [counted(0, 'case'), '0 cases'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});

import { expect, test } from 'vitest';
import { csvLine, csvText } from './csv.ts';

test('only what needs quotes gets them, and quotes are doubled', () => {
  expect(csvLine(['plain', 'a,b', 'say "hi"', 'two\nlines', 'cr\r', ' space '])).toBe(
    'plain,"a,b","say ""hi""","two\nlines","cr\r", space ',
  );
});

test('numbers keep all their digits; undefined is empty, NaN is not', () => {
  expect(csvLine([0.1 + 0.2, -1e-7, 0, undefined, Number.NaN])).toBe(
    '0.30000000000000004,-1e-7,0,,NaN',
  );
});

test('a table has a header and ends with a newline', () => {
  expect(csvText(['id', 'dice'], [['a', 0.5]])).toBe('id,dice\na,0.5\n');
});

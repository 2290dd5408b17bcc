import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDraft, printDraft } from './draft-text.ts';

test('a draft comes back as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 30_000 }), fc.string(), (ids, base) => {
      const draft = { width: ids.length, height: 1, ids, base };
      expect(parseDraft(printDraft(draft))).toEqual(draft);
    }),
    { numRuns: 50 },
  );
});

test('a mask of 2048 px of a few shapes takes far less than localStorage has', () => {
  const side = 2048;
  const ids = new Uint8Array(side * side);
  for (let y = 200; y < 1800; y++)
    for (const x of [300, 1200]) ids.fill(1, y * side + x, y * side + x + 600);
  expect(printDraft({ width: side, height: side, ids, base: 'r1' }).length).toBeLessThan(100_000);
});

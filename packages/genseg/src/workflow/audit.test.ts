import { expect, test } from 'vitest';
import { textDots } from '../picture/font.ts';
import { captions } from './audit.ts';

test('captions end within tiles of 64 px, so that none is cut or runs into the next', () => {
  for (const caption of captions)
    expect([caption, Math.max(...textDots(caption).map(({ x }) => x)) < 64]).toEqual([
      caption,
      true,
    ]);
});

import { expect, test } from 'vitest';
import { maskOf } from './mask.ts';
import { colourRect, paletteWords, parseColour } from './palette.ts';

test('classes have their colours, background and hidden classes none, unknown ids are white', () => {
  const palette = paletteWords([
    { id: 0, colour: '#ffffff' },
    { id: 1, colour: '#e69f00' },
    { id: 2, colour: '#56b4e9', hidden: true },
  ]);
  const rgba = colourRect(
    maskOf(3, 2, Uint8Array.of(9, 9, 0, 1, 2, 3)),
    { left: 0, top: 1, right: 3, bottom: 2 },
    palette,
  );
  expect([...rgba]).toEqual([230, 159, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255]);
});

test('a colour is #rrggbb', () => {
  expect(parseColour('#0A10ff')).toEqual([10, 16, 255]);
  expect(() => parseColour('red')).toThrow(/#rrggbb/);
});

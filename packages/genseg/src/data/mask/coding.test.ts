import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { png, square } from '../../../test/data/fixtures.ts';
import { ignoredClass } from '../../classes.ts';
import { DataError } from '../../errors.ts';
import { countCodes, decodeMask, type MaskCodes, union } from './codes.ts';
import { classCounts, inferCoding, type NamedCoding, toClasses } from './coding.ts';

const side = 64;
const pixels = side * side;
/** A large square (class 1) with a smaller one inside (class 2). */
const classesOf = Uint8Array.from(
  square({ on: 1, from: 8, to: 56, width: side, height: side }),
  (v, i) => v + square({ on: 1, from: 24, to: 40, width: side, height: side })[i],
);
const binary = classesOf.map((v) => Math.min(v, 1));
const empty = new Uint8Array(pixels);
const paint = (classes: Uint8Array, values: readonly number[]) => classes.map((c) => values[c]);
const inColours = (classes: Uint8Array, colours: readonly (readonly number[])[]) =>
  Uint8Array.from([...classes].flatMap((c) => colours[c]));
const gray = (data: Uint8Array | Uint16Array) => png(data, { width: side });
const rgb = (data: Uint8Array, channels = 3) => png(data, { width: side, channels });
const asImage = (data: Uint8Array) =>
  sharp(Buffer.from(data), {
    raw: { width: side, height: side, channels: data.length === pixels ? 1 : 3 },
  });

const decode = (files: readonly Uint8Array[]) =>
  Promise.all(files.map((bytes, i) => decodeMask(bytes, `${i}.png`)));
const observe = (mask: MaskCodes) => ({ ...mask, counts: countCodes(mask) });

async function infer(files: readonly Uint8Array[], expected?: NamedCoding) {
  const masks = await decode(files);
  const named = inferCoding(masks.map(observe), expected);
  return { ...named, decoded: masks.map((mask) => toClasses(mask, named.coding)), masks };
}

const black = [0, 0, 0];
const red = [255, 0, 0];
const green = [0, 255, 0];

describe('exact masks', () => {
  test.each([
    ['0 and 1', [0, 1], 'values 0 and 1 -> background, class 1'],
    ['0 and 255', [0, 255], 'values 0 and 255 -> background, class 1'],
    ['gray without black', [50, 200], 'values 50 and 200 -> background, class 1'],
  ])('two values: %s', async (_, values, sentence) => {
    const { decoded, inferred } = await infer([gray(paint(binary, values))]);
    expect(decoded[0]).toEqual(binary);
    expect(inferred).toEqual([sentence]);
  });

  test('16 bits: 0 and 65535 are 0 and 255', async () => {
    const wide = Uint16Array.from(binary, (v) => v * 65535);
    const { decoded, coding } = await infer([gray(wide), gray(paint(binary, [0, 255]))]);
    expect(decoded).toEqual([binary, binary]);
    expect(coding.levels).toEqual([
      { code: 0, class: 0 },
      { code: 255, class: 1 },
    ]);
  });

  test.each([
    ['ids', [0, 1, 2]],
    ['ids with a gap', [0, 3, 7]],
    ['gray levels', [0, 127, 255]],
  ])('three values: %s', async (_, values) => {
    const { decoded, classes } = await infer([gray(paint(classesOf, values)), gray(empty)]);
    expect(decoded).toEqual([classesOf, empty]);
    expect(classes).toEqual(['background', 'class 1', 'class 2']);
  });

  test('one mapping for all: a mask that lacks a class does not shift the others', async () => {
    const second = classesOf.map((c) => (c === 2 ? 2 : 0));
    const { decoded } = await infer([
      gray(paint(classesOf, [0, 100, 200])),
      gray(paint(second, [0, 0, 200])),
    ]);
    expect(decoded).toEqual([classesOf, second]);
  });

  test('255 beside ids is "no label" and in no class', async () => {
    const { decoded, inferred } = await infer([gray(paint(classesOf, [0, 1, 255]))]);
    expect(decoded[0]).toEqual(classesOf.map((c) => [0, 1, ignoredClass][c]));
    expect(inferred).toEqual(['values 0, 1 and 255 -> background, class 1, no label']);
  });

  test('0/1 in one mask and 0/255 in another are the same', async () => {
    const { decoded } = await infer([gray(binary), gray(paint(binary, [0, 255]))]);
    expect(decoded).toEqual([binary, binary]);
  });

  test('without 0 the background is what lies on the border', async () => {
    const { decoded, inferred } = await infer([gray(paint(classesOf, [2, 1, 3]))]);
    expect(decoded[0]).toEqual(classesOf);
    expect(inferred).toEqual(['values 2, 1 and 3 -> background, class 1, class 2']);
  });

  test('only full masks: their value is a class all the same', async () => {
    const { decoded } = await infer([gray(empty.map(() => 255))]);
    expect(decoded[0]).toEqual(empty.map(() => 1));
  });

  test('numbered objects become one class', async () => {
    const objects = Uint16Array.from({ length: pixels }, (_, i) => {
      const [x, y] = [i % side, Math.floor(i / side)];
      return x % 6 < 5 && y % 6 < 5 ? Math.floor(x / 6) + 11 * Math.floor(y / 6) : 0;
    });
    const { decoded, inferred } = await infer([gray(objects)]);
    expect(decoded[0]).toEqual(Uint8Array.from(objects, (v) => Math.min(v, 1)));
    expect(inferred).toEqual(['masks number their objects 1, 2, ...: every object -> class 1']);
  });
});

describe('palettes, colours, alpha', () => {
  test('a palette gives its indices', async () => {
    const mask = png(classesOf, { width: side, palette: [black, green, red] });
    const { decoded, coding } = await infer([mask]);
    expect(coding.kind).toBe('value');
    expect(decoded[0]).toEqual(classesOf);
  });

  test('palettes in different orders give their colours', async () => {
    const one = png(classesOf, { width: side, palette: [black, green, red] });
    const other = png(paint(classesOf, [2, 0, 1]), { width: side, palette: [green, red, black] });
    const { decoded, coding } = await infer([one, other]);
    expect(coding.kind).toBe('colour');
    expect(decoded).toEqual([classesOf, classesOf]);
  });

  test('a palette that starts with a colour and has black: black is background', async () => {
    const mask = png(paint(binary, [1, 0]), { width: side, palette: [red, black] });
    expect((await infer([mask])).decoded[0]).toEqual(binary);
  });

  test('a gray palette only compresses gray values', async () => {
    const palette = [
      [255, 255, 255],
      [0, 0, 0],
    ];
    const mask = png(paint(binary, [1, 0]), { width: side, palette });
    const { decoded, coding } = await infer([mask, gray(paint(binary, [0, 255]))]);
    expect(coding.kind).toBe('value');
    expect(decoded).toEqual([binary, binary]);
  });

  test('1-bit files keep 0 and 1', async () => {
    const packed = await asImage(paint(binary, [0, 255]))
      .png({ palette: true, colours: 2 })
      .toBuffer();
    expect((await infer([packed])).decoded[0]).toEqual(binary);
  });

  test('interlaced 1-bit files give their colours', async () => {
    const packed = await asImage(paint(binary, [0, 255]))
      .png({ palette: true, colours: 2, progressive: true })
      .toBuffer();
    expect((await infer([packed])).decoded[0]).toEqual(binary);
  });

  test('objects in many colours become one class', async () => {
    const colours = Array.from({ length: 121 }, (_, i) => [i === 0 ? 0 : 2 * i, 255 - 2 * i, 40]);
    colours[0] = black;
    const objects = Uint8Array.from({ length: pixels }, (_, i) => {
      const [x, y] = [i % side, Math.floor(i / side)];
      return x % 6 < 5 && y % 6 < 5 ? Math.floor(x / 6) + 11 * Math.floor(y / 6) : 0;
    });
    const { decoded } = await infer([rgb(inColours(objects, colours))]);
    expect(decoded[0]).toEqual(objects.map((v) => Math.min(v, 1)));
  });

  test('colours are classes, in the order of their numbers', async () => {
    const { decoded, inferred } = await infer([rgb(inColours(classesOf, [black, green, red]))]);
    expect(decoded[0]).toEqual(classesOf);
    expect(inferred).toEqual([
      'colours #000000, #00ff00 and #ff0000 -> background, class 1, class 2',
    ]);
  });

  test('a mask drawn in alpha only', async () => {
    const mask = inColours(binary, [
      [255, 0, 0, 0],
      [255, 0, 0, 255],
    ]);
    expect((await infer([rgb(mask, 4)])).decoded[0]).toEqual(binary);
  });

  test('what is transparent is background', async () => {
    const mask = inColours(binary, [
      [9, 9, 9, 0],
      [255, 0, 0, 255],
    ]);
    const { decoded, inferred } = await infer([rgb(mask, 4)]);
    expect(decoded[0]).toEqual(binary);
    expect(inferred).toEqual(['colours #000000 and #ff0000 -> background, class 1']);
  });
});

describe('damaged masks', () => {
  const agreement = (a: Uint8Array, b: Uint8Array) =>
    a.filter((v, i) => v === b[i]).length / a.length;

  test('JPEG: thresholded in the middle, and told', async () => {
    const white = paint(binary, [0, 255]);
    const damaged = await asImage(white).blur(1).jpeg({ quality: 25 }).toBuffer();
    const { decoded, inferred } = await infer([damaged, gray(white)]);
    expect(agreement(decoded[0], binary)).toBeGreaterThan(0.98);
    expect(inferred).toEqual([
      'values 0 and 255 -> background, class 1',
      '1 mask had in-between values (JPEG damage), thresholded at 128',
    ]);
  });

  test('anti-aliased edges', async () => {
    const soft = await asImage(paint(binary, [0, 255]))
      .blur(1.5)
      .png()
      .toBuffer();
    const { decoded, inferred } = await infer([soft, soft]);
    expect(agreement(decoded[0], binary)).toBeGreaterThan(0.99);
    expect(inferred[1]).toBe(
      '2 masks had in-between values (anti-aliasing or lossy copies), thresholded at 128',
    );
  });

  test('gray levels of three classes through JPEG', async () => {
    const damaged = await asImage(paint(classesOf, [0, 128, 255]))
      .jpeg({ quality: 60 })
      .toBuffer();
    const { decoded, classes } = await infer([damaged]);
    expect(classes).toHaveLength(3);
    expect(agreement(decoded[0], classesOf)).toBeGreaterThan(0.98);
  });

  test('colours through JPEG', async () => {
    const damaged = await asImage(inColours(classesOf, [black, green, red]))
      .jpeg({ quality: 80 })
      .toBuffer();
    const { decoded, classes } = await infer([damaged]);
    expect(classes).toHaveLength(3);
    expect(agreement(decoded[0], classesOf)).toBeGreaterThan(0.97);
  });
});

describe('what is expected of the masks', () => {
  const expected: NamedCoding = {
    classes: ['background', 'liver', 'tumour'],
    coding: { kind: 'value', levels: [0, 1, 2].map((code) => ({ code, class: code })) },
  };

  test('declared values are taken as declared, though one is absent', async () => {
    const onlyTumour = paint(binary, [0, 2]);
    const { decoded, inferred } = await infer([gray(onlyTumour)], expected);
    expect(decoded[0]).toEqual(onlyTumour);
    expect(inferred).toEqual(['values 0, 1 and 2 -> background, liver, tumour']);
  });

  test('other values for as many classes take the declared names', async () => {
    const { decoded, classes } = await infer([gray(paint(classesOf, [0, 100, 255]))], expected);
    expect(classes).toEqual(expected.classes);
    expect(decoded[0]).toEqual(classesOf);
  });

  test('another number of classes is refused', async () => {
    const refused = infer([gray(paint(binary, [0, 255]))], expected);
    await expect(refused).rejects.toThrow(DataError);
    await expect(refused).rejects.toThrow(/2 classes \(values 0 and 255\) where 3 are expected/);
  });
});

test('classCounts counts what toClasses gives', async () => {
  const { masks, coding, classes, decoded } = await infer([
    png(classesOf, { width: side, palette: [black, green, red] }),
    rgb(inColours(classesOf, [black, green, red])),
  ]);
  for (const [i, mask] of masks.entries()) {
    const counts = classCounts(observe(mask), { coding, classes });
    expect(counts).toEqual([0, 1, 2].map((c) => decoded[i].filter((v) => v === c).length));
  }
});

test('several masks of one image unite', async () => {
  const left = paint(square({ on: 1, from: 2, to: 20, width: side, height: side }), [0, 255]);
  const right = paint(square({ on: 1, from: 30, to: 50, width: side, height: side }), [0, 255]);
  const united = union(await decode([gray(left), gray(right)]));
  expect(united.codes).toEqual(left.map((v, i) => Math.max(v, right[i])));
});

test('interior pixels have four equal neighbours; border pixels are counted apart', () => {
  const mask: MaskCodes = {
    codes: square({ on: 1, from: 4, to: 12 }),
    ...{ width: 16, height: 16, kind: 'value', orientation: 1, lossy: false },
  };
  expect(countCodes(mask).get(1)).toEqual({ count: 64, interior: 36, border: 0 });
  expect(countCodes(mask).get(0)).toEqual({ count: 192, interior: 192 - 32 - 60, border: 60 });
});

import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { dataSet } from '../../../test/data/fixtures.ts';
import { nifti } from '../../../test/data/volume-files.ts';
import { DataFiles } from '../files.ts';
import type { Picture } from './public-set.ts';
import { slices } from './slices.ts';

type Options = Parameters<typeof slices>[0];

const [width, depth, height] = [8, 10, 3];

/** A volume of a patient whose value is `of(right, front, up)`, its axes leading as said: `+x` to the right. */
function volume(
  axes: readonly string[],
  of: (right: number, front: number, up: number) => number,
): Uint8Array {
  const ways = axes.map((axis) => ({
    way: 'xyz'.indexOf(axis[1]),
    sign: axis[0] === '-' ? -1 : 1,
  }));
  const sizes = [width, depth, height];
  const shape = ways.map(({ way }) => sizes[way]);
  const values = new Int16Array(width * depth * height);
  for (let i = 0; i < values.length; i++) {
    const at = [
      i % shape[0],
      Math.floor(i / shape[0]) % shape[1],
      Math.floor(i / shape[0] / shape[1]),
    ];
    const patient = [0, 0, 0];
    ways.forEach(({ way, sign }, axis) => {
      patient[way] = sign > 0 ? at[axis] : shape[axis] - 1 - at[axis];
    });
    values[i] = of(patient[0], patient[1], patient[2]);
  }
  const affine = ways.map(({ way, sign }) =>
    [0, 1, 2].map((row) => (row === way ? sign * (row + 1) : 0)),
  );
  return nifti(shape, values, { affine });
}

async function read(files: Record<string, Uint8Array>, options: Options): Promise<Picture[]> {
  const root = await dataSet(files);
  const one = {
    ...{ id: 'a', image: 'image.nii.gz', patient: null, split: null },
    masks: 'label.nii.gz' in files ? [{ path: 'label.nii.gz' }] : [],
  };
  const pictures: Picture[] = [];
  for await (const picture of slices(options).read(one, {
    files: new DataFiles(root),
    classes: 3,
  })) {
    pictures.push(picture);
  }
  return pictures;
}

const gray = (right: number, front: number, up: number) => 10 * right + front + 100 * up;
/** Class 1 at the patient's right front in slices above the lowest, 2 at the left back of the highest. */
const label = (right: number, front: number, up: number) =>
  up > 0 && right === width - 1 && front === depth - 1
    ? 1
    : up === 2 && right === 0 && front === 0
      ? 2
      : 0;

test.each([
  [['+x', '+y', '+z']],
  [['-x', '-y', '+z']],
  [['-x', '+y', '-z']],
  [['+y', '-z', '-x']],
  [['+z', '+x', '+y']],
])('axes %j: axial slices with a label, front at the top, right on the left', async (axes) => {
  const pictures = await read(
    { 'image.nii.gz': volume(axes, gray), 'label.nii.gz': volume(axes, label) },
    { grays: [0, 255], upright: true },
  );
  const down = axes.some((axis) => axis === '-z');
  const [first, second] = down ? pictures.toReversed() : pictures;
  expect(pictures.map(({ suffix }) => suffix)).toEqual(
    down ? ['_slice0', '_slice1'] : ['_slice1', '_slice2'],
  );
  for (const [picture, up] of [
    [first, 1],
    [second, 2],
  ] as const) {
    expect(picture).toMatchObject({ width, height: depth, spacing: [1, 2], extension: '.png' });
    const { data } = decode(picture.bytes);
    const expected = Array.from({ length: width * depth }, (_, i) =>
      Math.min(255, gray(width - 1 - (i % width), depth - 1 - Math.floor(i / width), up)),
    );
    expect([...data]).toEqual(expected);
    expect(picture.mask![0]).toBe(1);
  }
  expect([first.mask!.at(-1), second.mask!.at(-1)]).toEqual([0, 2]);
});

test('gray levels: a window clips, percentiles stretch, stored ones are kept', async () => {
  const values = Int16Array.from({ length: 64 }, (_, i) => 10 * i);
  const levels = async (grays: Options['grays'], stored = values) => {
    const [{ bytes }] = await read(
      { 'image.nii.gz': nifti([8, 8], stored) },
      { grays, upright: false },
    );
    return [...decode(bytes).data];
  };
  expect((await levels([100, 355])).slice(9, 13)).toEqual([0, 0, 10, 20]);
  const stretched = await levels('percentiles');
  expect([stretched[0], stretched[32], stretched[63]]).toEqual([
    0,
    Math.round((255 * 32) / 63),
    255,
  ]);
  expect(
    await levels(
      'stored',
      values.map((v) => v / 10),
    ),
  ).toEqual([...values.map((v) => v / 10)]);
  await expect(levels('stored')).rejects.toThrow(
    /image\.nii\.gz: has the value 260 where gray levels/,
  );
});

test('a volume of one value, or with voxels that are no numbers, is black there', async () => {
  const flat = nifti([8, 8], new Int16Array(64).fill(7));
  const [{ bytes }] = await read(
    { 'image.nii.gz': flat },
    { grays: 'percentiles', upright: false },
  );
  expect(new Set(decode(bytes).data)).toEqual(new Set([0]));
  const holes = nifti(
    [8, 8],
    Float32Array.from({ length: 64 }, (_, i) => (i === 0 ? Number.NaN : i)),
  );
  const [picture] = await read({ 'image.nii.gz': holes }, { grays: [0, 63], upright: false });
  expect([...decode(picture.bytes).data.slice(0, 2)]).toEqual([0, 4]);
});

test('labels that are scaled in the file are their values', async () => {
  const ids = Float32Array.from({ length: 64 }, (_, i) => i % 3);
  const stored = nifti(
    [8, 8],
    ids.map((id) => 4 * id - 2),
    { slope: 0.25, intercept: 0.5 },
  );
  const files = { 'image.nii.gz': nifti([8, 8], new Int16Array(64)), 'label.nii.gz': stored };
  const [{ mask }] = await read(files, { grays: [0, 255], upright: false });
  expect(mask).toEqual(Uint8Array.from(ids));
});

test('labels whose axes lead elsewhere are refused, slightly turned ones not', async () => {
  const image = volume(['+x', '+y', '+z'], gray);
  const labels = (affine: number[][]) => nifti([8, 10, 3], new Uint8Array(240).fill(1), { affine });
  for (const upright of [true, false]) {
    const pictures = (affine: number[][]) =>
      read({ 'image.nii.gz': image, 'label.nii.gz': labels(affine) }, { grays: [0, 255], upright });
    const turned = [
      [1, 0.02, 0],
      [-0.04, 2, 0],
      [0, 0, 3],
    ];
    expect(await pictures(turned)).toHaveLength(3);
    await expect(pictures([[-1, 0, 0], ...turned.slice(1)])).rejects.toThrow(
      /label\.nii\.gz: its axes lead \(-1, 0, 0\), .* its image lead \(1, 0, 0\), \(0, 2, 0\), .*; copy both/,
    );
  }
});

test('labels of another size or value, and axes that lead askew, are refused', async () => {
  const image = volume(['+x', '+y', '+z'], gray);
  const options = { grays: [0, 255], upright: true } as const;
  const files = (labels: Uint8Array) => ({ 'image.nii.gz': image, 'label.nii.gz': labels });
  await expect(read(files(nifti([8, 10, 2], new Uint8Array(160))), options)).rejects.toThrow(
    /label\.nii\.gz: is 8 x 10 x 2 voxels but its image is 8 x 10 x 3/,
  );
  await expect(read(files(volume(['+x', '+y', '+z'], () => 3)), options)).rejects.toThrow(
    /label\.nii\.gz: has the value 3 where the values 0 to 2 are expected/,
  );
  const askew = nifti([8, 10, 3], new Int16Array(240), {
    affine: [
      [1, 0, 0],
      [1, 0.1, 0],
      [0, 0, 1],
    ],
  });
  await expect(read({ 'image.nii.gz': askew }, options)).rejects.toThrow(/axes do not lead/);
});

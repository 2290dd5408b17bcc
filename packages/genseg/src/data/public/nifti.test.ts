import { expect, test } from 'vitest';
import { nifti, nifti2, rotated } from '../../../test/data/volume-files.ts';
import { decodeNifti } from './nifti.ts';

const shape = [3, 2, 2];
const values = Int16Array.from({ length: 12 }, (_, i) => 100 * i - 300);

test.each([
  ['gzipped', {}],
  ['plain', { zip: false }],
  ['big-endian', { bigEndian: true }],
  ['big-endian, plain', { bigEndian: true, zip: false }],
])('%s volumes give their numbers, sizes and directions', async (_, options) => {
  const affine = [
    [0, -0.5, 0],
    [2, 0, 0],
    [0, 0, 3],
  ];
  const volume = await decodeNifti(nifti(shape, values, { affine, ...options }), 'a.nii');
  expect(volume).toMatchObject({ shape, slope: 1, intercept: 0 });
  expect(Array.from(volume.stored)).toEqual([...values]);
  expect(volume.spacing).toEqual([0.5, 2, 3]);
  expect(volume.directions.map((way) => way.map((mm) => mm + 0))).toEqual(affine);
});

test('bytes may lie anywhere in memory', async () => {
  const bytes = nifti(shape, values, { zip: false });
  const shared = new Uint8Array(bytes.length + 3);
  shared.set(bytes, 3); // odd: no view of 16-bit numbers can begin there
  const volume = await decodeNifti(shared.subarray(3), 'a.nii');
  expect(Array.from(volume.stored)).toEqual([...values]);
});

test('scaling is told where there is one; two dimensions are one slice', async () => {
  const floats = nifti(
    [3, 4],
    Float32Array.from(values, (v) => v / 8),
    { slope: 2, intercept: -1024 },
  );
  const volume = await decodeNifti(floats, 'a.nii');
  expect(volume).toMatchObject({ shape: [3, 4, 1], slope: 2, intercept: -1024 });
  expect(volume.stored[1]).toBe(-25);
});

const rounded = (ways: readonly (readonly number[])[]) =>
  ways.map((way) => way.map((mm) => Math.round(1e4 * mm) / 1e4 + 0));

test('half a turn, which float32 makes a little more than one, is no NaN', async () => {
  const bytes = rotated(nifti(shape, values, { zip: false }), [0.6, 0.8, 0]);
  expect(Math.fround(0.6) ** 2 + Math.fround(0.8) ** 2).toBeGreaterThan(1);
  const { directions } = await decodeNifti(bytes, 'a.nii');
  // By hand, a = 0: b^2 - c^2, 2bc, 0; 2bc, c^2 - b^2, 0; 0, 0, -1.
  expect(rounded(directions)).toEqual([
    [-0.28, 0.96, 0],
    [0.96, 0.28, 0],
    [0, 0, -1],
  ]);
});

test('NIfTI-2 rows count only where sform_code says so', async () => {
  const read = async (options: Parameters<typeof nifti2>[2]) =>
    rounded((await decodeNifti(nifti2(shape, new Uint8Array(12), options), 'a.nii')).directions);
  expect(await read({ quaternion: [0, 0, 1], srow: 9 })).toEqual([
    [-1, 0, 0],
    [0, -1, 0],
    [0, 0, 1],
  ]);
  expect(await read({ srow: 9 })).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
});

test('what is no such volume is refused by name', async () => {
  const whole = nifti(shape, values);
  const plain = nifti(shape, values, { zip: false });
  const coloured = plain.slice();
  coloured[70] = 128; // RGB
  const wrong: [Uint8Array, RegExp][] = [
    [new TextEncoder().encode('no volume'), /^a\.nii\.gz: is no NIfTI file/],
    [whole.slice(0, 60), /^a\.nii\.gz: is damaged/],
    [plain.slice(0, 360), /^a\.nii\.gz: ends after 360 bytes where 376 are expected/],
    [nifti([3, 2, 1, 2], values), /^a\.nii\.gz: is a volume of 4 dimensions \(3 x 2 x 1 x 2\)/],
    [coloured, /^a\.nii\.gz: NIfTI data type 128 is not read/],
  ];
  for (const [bytes, message] of wrong) {
    await expect(decodeNifti(bytes, 'a.nii.gz')).rejects.toThrow(message);
  }
});

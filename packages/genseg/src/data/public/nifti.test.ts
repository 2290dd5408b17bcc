import { expect, test } from 'vitest';
import { nifti } from '../../../test/data/volume-files.ts';
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

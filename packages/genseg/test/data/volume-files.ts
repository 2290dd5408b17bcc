/** NIfTI-1 files for tests, written after nifti1.h. */
import { gzipSync } from 'node:zlib';

interface NiftiOptions {
  /** Columns: where a step along each axis leads, in mm to the right, front and top. */
  affine?: readonly (readonly number[])[];
  slope?: number;
  intercept?: number;
  bigEndian?: boolean;
  zip?: boolean;
}

const codes = new Map<unknown, [code: number, bytes: number]>([
  [Uint8Array, [2, 1]],
  [Int16Array, [4, 2]],
  [Float32Array, [16, 4]],
]);

/** A volume of 2 or 3 (or, to be refused, 4) dimensions, the first axis fastest; 1 mm voxels unless told. */
export function nifti(
  shape: readonly number[],
  values: Uint8Array | Int16Array | Float32Array,
  {
    affine = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    slope = 0,
    intercept = 0,
    bigEndian = false,
    zip = true,
  }: NiftiOptions = {},
): Uint8Array {
  const [code, size] = codes.get(values.constructor)!;
  const bytes = new Uint8Array(352 + size * values.length);
  const view = new DataView(bytes.buffer);
  const little = !bigEndian;
  view.setInt32(0, 348, little);
  [shape.length, ...shape, 1, 1, 1, 1, 1].slice(0, 8).forEach((n, i) => {
    view.setInt16(40 + 2 * i, n, little);
  });
  view.setInt16(70, code, little);
  view.setInt16(72, 8 * size, little);
  const steps = affine.map((step) => Math.hypot(...step));
  [1, ...steps].forEach((mm, i) => {
    view.setFloat32(76 + 4 * i, mm, little);
  });
  view.setFloat32(108, 352, little);
  view.setFloat32(112, slope, little);
  view.setFloat32(116, intercept, little);
  view.setInt16(254, 1, little); // sform_code
  for (let row = 0; row < 3; row++) {
    affine.forEach((step, axis) => {
      view.setFloat32(280 + 16 * row + 4 * axis, step[row], little);
    });
  }
  bytes.set(new TextEncoder().encode('n+1'), 344);
  values.forEach((value, i) => {
    const at = 352 + size * i;
    if (values instanceof Uint8Array) view.setUint8(at, value);
    else if (values instanceof Int16Array) view.setInt16(at, value, little);
    else view.setFloat32(at, value, little);
  });
  return zip ? gzipSync(bytes) : bytes;
}

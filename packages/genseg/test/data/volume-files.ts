/** NIfTI files for tests, written after nifti1.h and nifti2.h. */
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

/** A header's rotation as a quaternion: b, c and d of nifti1.h's method 2. */
type Quaternion = readonly [b: number, c: number, d: number];

/** The same volume with its directions as a rotation instead, sform_code 0. @param bytes an unzipped NIfTI-1 file. */
export function rotated(bytes: Uint8Array, quaternion: Quaternion): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  view.setInt16(252, 1, true); // qform_code
  view.setInt16(254, 0, true);
  quaternion.forEach((value, i) => {
    view.setFloat32(256 + 4 * i, value, true);
  });
  return copy;
}

/** 8-bit voxels of 1 mm as NIfTI-2. @param srow filler of rows that no code names. */
export function nifti2(
  shape: readonly number[],
  values: Uint8Array,
  { quaternion, srow = 0 }: { quaternion?: Quaternion; srow?: number } = {},
): Uint8Array {
  const bytes = new Uint8Array(544 + values.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 540, true);
  bytes.set([0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a], 4); // magic "n+2"
  view.setInt16(12, 2, true);
  view.setInt16(14, 8, true);
  [shape.length, ...shape, 1, 1, 1, 1, 1].slice(0, 8).forEach((n, i) => {
    view.setBigInt64(16 + 8 * i, BigInt(n), true);
    view.setFloat64(104 + 8 * i, 1, true);
  });
  view.setBigInt64(168, 544n, true);
  if (quaternion) view.setInt32(344, 1, true);
  quaternion?.forEach((value, i) => {
    view.setFloat64(352 + 8 * i, value, true);
  });
  for (let i = 0; i < 12; i++) view.setFloat64(400 + 8 * i, srow, true);
  bytes.set(values, 544);
  return bytes;
}

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

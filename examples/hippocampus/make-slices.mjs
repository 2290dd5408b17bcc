// @ts-check
// Makes the slices of this folder from volumes of the Medical Segmentation Decathlon's Task04:
//
//   node examples/hippocampus/make-slices.mjs <volumes> examples/hippocampus
//
// <volumes> has train/ and val/ (which becomes test/), each with images/ and masks/ of .nii.gz of one name.
// Slices are sagittal, since only there the anterior and the posterior part lie side by side: of each
// volume those that have 1/3 and 2/3 of the hippocampus before them, as wide as it is deep and as high as it is high,
// with the front to the right and the top up.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const { encode } = createRequire(new URL('../../packages/genseg/package.json', import.meta.url))(
  'fast-png',
);

/** @typedef {{ shape: [number, number, number], values: Float64Array }} Volume x fastest */

/** Readers of NIfTI-1's data types, by its codes. */
const readers = {
  2: {
    bytes: 1,
    read: (/** @type {DataView} */ view, /** @type {number} */ at) => view.getUint8(at),
  },
  4: {
    bytes: 2,
    read: (/** @type {DataView} */ view, /** @type {number} */ at) => view.getInt16(at, true),
  },
  16: {
    bytes: 4,
    read: (/** @type {DataView} */ view, /** @type {number} */ at) => view.getFloat32(at, true),
  },
  512: {
    bytes: 2,
    read: (/** @type {DataView} */ view, /** @type {number} */ at) => view.getUint16(at, true),
  },
};

/**
 * A little-endian NIfTI-1 volume whose axes lead right, forward and up, as all of Task04 are.
 * @param {string} path
 * @returns {Volume}
 */
function readVolume(path) {
  const bytes = gunzipSync(readFileSync(path));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = /** @type {keyof typeof readers} */ (view.getInt16(70, true));
  const diagonal = [280, 300, 320].map((at) => view.getFloat32(at, true));
  if (view.getInt32(0, true) !== 348 || !readers[type] || diagonal.some((step) => !(step > 0)))
    throw new Error(`${path}: not a volume as Task04 has them`);
  const { bytes: size, read } = readers[type];
  const [width, depth, height] = [42, 44, 46].map((at) => view.getInt16(at, true));
  const start = view.getFloat32(108, true);
  const values = Float64Array.from({ length: width * depth * height }, (_, i) =>
    read(view, start + i * size),
  );
  return { shape: [width, depth, height], values };
}

/**
 * The sagittal slice at `x`, rows from the top.
 * @param {Volume} volume
 * @param {number} x
 */
function sagittal({ shape: [width, depth, height], values }, x) {
  const data = Float64Array.from({ length: depth * height }, (_, i) => {
    const [y, z] = [i % depth, height - 1 - Math.floor(i / depth)];
    return values[x + width * (y + depth * z)];
  });
  return { width: depth, height, data };
}

/**
 * The first slices with at least each of these shares of the labelled voxels before or in them.
 * @param {Volume} mask
 * @param {readonly number[]} shares
 */
function slicesAt({ shape: [width], values }, shares) {
  const perSlice = new Array(width).fill(0);
  values.forEach((value, i) => {
    if (value > 0) perSlice[i % width]++;
  });
  const total = perSlice.reduce((a, b) => a + b, 0);
  return shares.map((share) => {
    let before = 0;
    return perSlice.findIndex((count) => {
      before += count;
      return before >= share * total;
    });
  });
}

/**
 * 8-bit values, the 0.5th percentile of the volume as 0 and the 99.5th as 255: scanners differ in scale.
 * @param {Volume} volume
 */
function toGray({ values }) {
  const sorted = values.toSorted();
  const [low, high] = [0.005, 0.995].map(
    (share) => sorted[Math.round(share * (sorted.length - 1))],
  );
  return (/** @type {number} */ value) =>
    Math.max(0, Math.min(255, Math.round((255 * (value - low)) / (high - low))));
}

const [from, to] = process.argv.slice(2);
if (!from || !to) {
  console.error('error: two folders are expected: node make-slices.mjs <volumes> <out>');
  process.exit(2);
}
/** @type {[string, string][]} */
const splits = [
  ['train', 'train'],
  ['val', 'test'],
];
const rows = ['image_id,patient_id'];
for (const [source, split] of splits) {
  for (const kind of ['images', 'masks']) mkdirSync(join(to, split, kind), { recursive: true });
  for (const file of readdirSync(join(from, source, 'images')).sort()) {
    const patient = file.replace('.nii.gz', '');
    const image = readVolume(join(from, source, 'images', file));
    const mask = readVolume(join(from, source, 'masks', file));
    const gray = toGray(image);
    for (const x of slicesAt(mask, [1 / 3, 2 / 3])) {
      const name = `${patient}_x${String(x).padStart(2, '0')}`;
      const write = (
        /** @type {string} */ kind,
        /** @type {Volume} */ volume,
        /** @type {(value: number) => number} */ code,
      ) => {
        const { width, height, data } = sagittal(volume, x);
        const png = encode({
          width,
          height,
          channels: 1,
          depth: 8,
          data: Uint8Array.from(data, code),
        });
        writeFileSync(join(to, split, kind, `${name}.png`), png);
      };
      write('images', image, gray);
      write('masks', mask, (value) => value);
      rows.push(`${name},${patient}`);
    }
  }
}
writeFileSync(join(to, 'data.csv'), `${rows.join('\n')}\n`);

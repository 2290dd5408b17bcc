import { expect, test } from 'vitest';
import type { Image } from './image/image.ts';
import { IntensityCounts } from './intensity.ts';
import { intensityRange, scaled, toPlanes } from './planes.ts';

const image = (data: Uint8Array | Uint16Array, channels = 1): Image => ({
  ...{ data, width: data.length / channels, height: 1, channels },
  bits: data instanceof Uint16Array ? 16 : 8,
});
const dataset = (low: number, high: number, channels = 1) => ({
  per: 'dataset' as const,
  low: Array<number>(channels).fill(low),
  high: Array<number>(channels).fill(high),
});

test('interleaved pixels become planes', () => {
  expect([...toPlanes(image(Uint8Array.of(1, 2, 3, 4, 5, 6), 3))]).toEqual([1, 4, 2, 5, 3, 6]);
});

test('per data set: 8 bits are divided by 255, 16 bits go from low to high and are clipped', () => {
  const fingerprint = { channels: 1, intensity: dataset(1000, 3000) };
  const bytes = scaled(image(Uint8Array.of(0, 51, 255)), fingerprint, 'a');
  expect([...bytes]).toEqual([0, Math.fround(0.2), 1]);
  const wide = scaled(image(Uint16Array.of(0, 1000, 1500, 3000, 65535)), fingerprint, 'a');
  expect([...wide]).toEqual([0, 0, 0.25, 1, 1]);
});

test('gray is repeated where colour is expected, colour becomes luminance where gray is', () => {
  const three = { channels: 3, intensity: dataset(0, 1, 3) };
  expect([...scaled(image(Uint8Array.of(255, 0)), three, 'a')]).toEqual([1, 0, 1, 0, 1, 0]);
  const one = { channels: 1, intensity: dataset(0, 1) };
  const [value] = scaled(image(Uint8Array.of(255, 0, 0), 3), one, 'a');
  expect(value).toBeCloseTo(0.299, 6);
});

test('another number of channels is refused by name', () => {
  const four = { channels: 4, intensity: dataset(0, 1, 4) };
  expect(() => scaled(image(Uint8Array.of(1, 2)), four, 'x/a.png')).toThrow(
    /x\/a\.png: has 1 channels where the training images have 4/,
  );
});

test('per image: another gain and offset, or depth, gives the same planes', () => {
  const fingerprint = { channels: 1, intensity: { ...dataset(0, 1), per: 'image' as const } };
  const values = Array.from({ length: 200 }, (_, i) => i);
  const first = scaled(image(Uint8Array.from(values)), fingerprint, 'a');
  const other = scaled(image(Uint16Array.from(values, (v) => 300 + 7 * v)), fingerprint, 'b');
  expect(other).toEqual(first);
  expect([first[0], first[199]]).toEqual([0, 1]);
  expect(first[99]).toBeCloseTo(0.5, 2);
});

test('per image: all channels together, so that hues stay', () => {
  const fingerprint = { channels: 3, intensity: { ...dataset(0, 1, 3), per: 'image' as const } };
  const planes = scaled(image(Uint8Array.of(100, 50, 0), 3), fingerprint, 'a');
  expect([...planes]).toEqual([1, 0.5, 0]);
});

test('per image: a part is scaled by the range of the whole', () => {
  const fingerprint = { channels: 1, intensity: { ...dataset(0, 1), per: 'image' as const } };
  const tall = { ...image(Uint8Array.from({ length: 1000 }, (_, i) => i % 200)), width: 1 };
  const range = intensityRange({ ...tall, height: 1000 }, fingerprint, 'a');
  expect(range).toEqual([0, 198]); // the last value is beyond the 99.5th percentile
  const bare = image(Uint8Array.of(199, 198, 197));
  const [brightest, , darkest] = scaled(bare, fingerprint, 'a', range);
  expect(brightest).toBe(1);
  expect(darkest).toBeGreaterThan(0.98);
});

test('per image: one value alone is black', () => {
  const fingerprint = { channels: 1, intensity: { ...dataset(0, 1), per: 'image' as const } };
  expect([...scaled(image(Uint8Array.of(9, 9)), fingerprint, 'a')]).toEqual([0, 0]);
});

test('16 bits: percentiles 0.5 and 99.5 of the whole data set, outliers left out', () => {
  const counts = new IntensityCounts();
  const values = Uint16Array.from({ length: 1000 }, (_, i) => 1000 + i);
  values[0] = 0;
  values[999] = 65535;
  counts.add(image(values.subarray(0, 300)));
  counts.add(image(values.subarray(300)));
  const { low, high } = counts.summary(1);
  expect(low).toEqual([1004]); // the fifth of 1000
  expect(high).toEqual([1994]);
});

test('gray images of a colour data set count for each channel', () => {
  const counts = new IntensityCounts();
  counts.add(image(Uint16Array.of(900, 500, 100), 3));
  counts.add(image(Uint16Array.of(300)));
  expect(counts.summary(3)).toEqual({ low: [300, 300, 100], high: [900, 500, 300] });
});

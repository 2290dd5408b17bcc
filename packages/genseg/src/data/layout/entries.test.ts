import { expect, test } from 'vitest';
import { matchEntries } from './entries.ts';

const caseOf = (
  image: string,
  id = image
    .replace(/\.\w+$/, '')
    .split('/')
    .slice(1)
    .join('-'),
) => ({
  ...{ id, images: [image], masks: [], split: null },
});
const match = (entries: Record<string, string>, images: readonly string[]) => {
  const named = Object.entries(entries).map(([name, value]) => ({ name, value }));
  const { values, absent } = matchEntries(
    named,
    images.map((one) => caseOf(one)),
    'table',
  );
  return [Object.fromEntries(values), absent];
};

const two = ['images/p0/1.jpg', 'images/p1/1.jpg'];

test.each([
  ['paths', { 'images/p0/1.jpg': 'A', 'images/p1/1': 'B' }],
  ['ends of paths', { 'p0/1.jpg': 'A', 'p1/1': 'B' }],
  ['ids', { 'p0-1': 'A', 'p1-1.jpg': 'B' }],
  ['other ways to write a path', { './p0/1.png': 'A', ' p1\\1.jpg': 'B' }],
  ['paths of elsewhere', { '/home/me/p0/1.jpg': 'A', 'D:\\scans\\p1\\1.jpg': 'B' }],
])('%s tell images of one name apart', (_, entries) => {
  expect(match(entries, two)).toEqual([{ 'p0-1': 'A', 'p1-1': 'B' }, []]);
});

test('a name alone will do for one image only', () => {
  expect(match({ '1.jpg': 'A', 'x/3': 'B' }, ['images/p0/1.jpg', 'images/3.jpg'])).toEqual([
    { 'p0-1': 'A', 3: 'B' },
    [],
  ]);
  expect(() => match({ '1.jpg': 'A' }, two)).toThrow(
    'table: "1.jpg" may be images/p0/1.jpg or images/p1/1.jpg; write the path that tells them apart',
  );
  expect(() => match({ 'x/1.jpg': 'A' }, two)).toThrow(/"x\/1\.jpg" may be/);
});

test('a whole path is that image, though another path ends so', () => {
  const images = ['images/1.png', 'test/images/1.png'];
  expect(match({ 'images/1.png': 'A', 'test/images/1.png': 'B' }, images)).toEqual([
    { 1: 'A', 'images-1': 'B' },
    [],
  ]);
});

test('of a path and a longer one that ends so, the path is meant', () => {
  const images = ['images/a.png', 'images/old/a.png', 'images/a.tif'];
  expect(match({ 'a.png': 'A' }, images.slice(0, 2))[0]).toEqual({ a: 'A' });
  expect(match({ a: 'A' }, images.slice(0, 2))[0]).toEqual({ a: 'A' });
});

test('an entry of another folder does not overwrite', () => {
  const entries = { 'p0/1.jpg': 'A', 'p2/1.jpg': 'B', gone: 'C' };
  expect(match(entries, two)).toEqual([{ 'p0-1': 'A' }, ['p2/1.jpg', 'gone']]);
});

test('two entries of one image must agree', () => {
  expect(match({ 'p0/1.jpg': 'A', 'p0-1': 'A' }, two)[0]).toEqual({ 'p0-1': 'A' });
  expect(() => match({ 'p0/1.jpg': 'A', 'p0-1': 'B' }, two)).toThrow(
    'table: "p0/1.jpg" and "p0-1" say different things of one image, images/p0/1.jpg; remove one',
  );
});

test('letters with accents are the same, composed or not', () => {
  const [mac, linux] = ['NFD', 'NFC'].map((form) => 'Füß'.normalize(form));
  expect(match({ [linux]: 'A' }, [`images/${mac}.png`])[1]).toEqual([]);
  expect(match({ [mac]: 'A' }, [`images/${linux}.png`])[1]).toEqual([]);
});

import { expect, test } from 'vitest';
import { chosenFiles, droppedFiles } from './collect-files.ts';

const fileEntry = (name: string) => ({
  name,
  isFile: true,
  file: (done: (file: File) => void) => done(new File(['x'], name)),
});

/** A folder that gives its entries a hundred at a time, as Chromium does. */
const folderEntry = (name: string, children: { name: string }[]) => ({
  name,
  isFile: false,
  createReader: () => {
    const left = [...children];
    return { readEntries: (done: (some: unknown[]) => void) => done(left.splice(0, 100)) };
  },
});

const drop = (...entries: unknown[]) =>
  ({
    items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })),
    files: [],
  }) as unknown as DataTransfer;

test('folders are walked to the end, and each file keeps its path', async () => {
  const many = Array.from({ length: 250 }, (_, i) => fileEntry(`${i}.png`));
  const found = await droppedFiles(
    drop(
      folderEntry('set', [folderEntry('images', many), fileEntry('.DS_Store')]),
      fileEntry('a.zip'),
    ),
  );
  expect(found.length).toBe(251);
  expect(found[0].path).toBe('set/images/0.png');
  expect(found.at(-1)?.path).toBe('a.zip');
});

test('what systems leave behind is no data', () => {
  const names = ['a.png', '.hidden', 'Thumbs.db', 'desktop.ini'];
  expect(chosenFiles(names.map((name) => new File(['x'], name))).map(({ path }) => path)).toEqual([
    'a.png',
  ]);
});

test('a drop without entries is its files', async () => {
  const transfer = { items: [], files: [new File(['x'], 'b.png')] } as unknown as DataTransfer;
  expect((await droppedFiles(transfer)).map(({ path }) => path)).toEqual(['b.png']);
});

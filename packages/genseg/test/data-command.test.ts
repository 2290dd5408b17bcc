/** genseg data: lists public data sets, prepares one, and says how to go on. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { publicSets } from '../src/data/index.ts';
import { genseg, gensegUnder, jsonOf } from './command-line.ts';
import { dataSet, picture, png, square, temporaryFolder } from './data/fixtures.ts';

const download = {
  'Kvasir-SEG/images/a.jpg': png(picture(1)),
  'Kvasir-SEG/masks/a.jpg': png(square()),
  'Kvasir-SEG/images/b.jpg': png(picture(2)),
  'Kvasir-SEG/masks/b.jpg': png(square()),
  'poster.png': png(picture(3)),
};

test('list names every set, with --json all that is known of it', async () => {
  const { code, stdout } = await genseg('data', 'list');
  expect(code).toBe(0);
  const all = jsonOf(await genseg('data', 'list', '--json')).sets as Record<string, unknown>[];
  expect(all.map(({ name }) => name)).toEqual(publicSets.map(({ name }) => name));
  for (const { name, title, licence, citation, homepage, known } of all) {
    expect(stdout).toContain(`${name} `);
    expect(stdout).toContain(title);
    for (const fact of [licence, citation, homepage, known]) expect(fact).toMatch(/\w/);
  }
});

test('prepare shows what it made, licence and citation, and the next command, which works', async () => {
  const root = await dataSet(download);
  const out = join(await temporaryFolder(), 'polyps for all');
  const { code, stdout, stderr } = await genseg(
    'data',
    'prepare',
    'kvasir-seg',
    root,
    '--out',
    out,
  );
  expect([code, stderr]).toEqual([0, '']);
  const { licence, citation } = publicSets.find(({ name }) => name === 'kvasir-seg')!;
  for (const line of [
    /^2 images with masks written to /m,
    /^not used {2}1 other pictures, such as poster\.png$/m,
    /^next {6}genseg inspect '.*polyps for all'$/m,
  ])
    expect(stdout).toMatch(line);
  expect(stdout).toContain(`licence   ${licence}\ncite      ${citation}\n`);
  const inspected = jsonOf(await genseg('inspect', out, '--json')) as {
    manifest: { classes: string[]; cases: unknown[] };
  };
  expect(inspected.manifest.classes).toEqual(['background', 'polyp']);
  expect(inspected.manifest.cases).toHaveLength(2);

  const json = jsonOf(
    await genseg('data', 'prepare', 'kvasir-seg', root, '--out', `${out} 2`, '--json'),
  );
  expect(json).toMatchObject({ name: 'kvasir-seg', licence, citation, labelled: 2, unlabelled: 0 });
});

test('wrong names, folders and downloads are refused in a line', async () => {
  const root = await dataSet(download);
  const out = join(await temporaryFolder(), 'out');
  const wrong: [string[], number, RegExp][] = [
    [
      ['kvasirseg', root, '--out', out],
      2,
      /"kvasirseg" is not a data set .*did you mean kvasir-seg\? There are isic2018, /,
    ],
    [['busi', root, '--out', out], 1, /holds no image of busi/],
    [['kvasir-seg', root, '--out', out, '--sise', '1'], 2, /unknown option '--sise'/],
    [['kvasir-seg'], 2, /missing required argument 'download'/],
  ];
  for (const [args, exit, message] of wrong) {
    const { code, stdout, stderr } = await genseg('data', 'prepare', ...args);
    expect([args, code, stdout]).toEqual([args, exit, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  expect(existsSync(out)).toBe(false);
  const { code, stdout } = await genseg('data', 'prepare', '-h');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/Example:\n {2}genseg data prepare/)]);
});

test('a full disk is told, and leaves nothing', async () => {
  const noise = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * i * 7919) >> 5);
  const root = await dataSet({
    'Kvasir-SEG/images/a.jpg': png(noise, { width: 64 }),
    'Kvasir-SEG/masks/a.jpg': png(square({ width: 64, height: 64 }), { width: 64 }),
  });
  const out = join(await temporaryFolder(), 'out');
  const { code, stderr } = await gensegUnder(
    'ulimit -f 1',
    'data',
    'prepare',
    'kvasir-seg',
    root,
    '--out',
    out,
  );
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^error: .*out: cannot be written .*free some space/),
  ]);
  expect(readdirSync(dirname(out))).toEqual([]);
});

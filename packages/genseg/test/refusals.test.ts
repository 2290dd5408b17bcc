/**
 * What the command line says to bad data, full disks and trainings that diverge: one line that names the
 * file and the mend, no stack, and nothing half-written. What looks bad and is not is taken.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { full, loadSafetensors, saveSafetensors, scope } from '@genseg/torch';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { readEvents, runPaths } from '../src/run/index.ts';
import {
  discFiles,
  discFolder,
  type Ended,
  genseg,
  gensegUnder,
  jsonOf,
  quick,
  readJson,
} from './command-line.ts';
import { dataSet, png, square, temporaryFolder } from './data/fixtures.ts';
import { checkLeaks, side } from './tiny.ts';

checkLeaks();

const width = side;
const disc = discFiles('case', 6);
const image = disc['images/case-2.png'];
const mask = disc['masks/case-2.png'];

/** Six labelled discs; the given files are added, changed or taken away (null). */
const discs = (others: Record<string, unknown>) => discFolder('case', 6, others);
const allMasks = (bytes: Uint8Array | null) =>
  discs(Object.fromEntries([0, 1, 2, 3, 4, 5].map((i) => [`masks/case-${i}.png`, bytes])));
const plane = (value: number) => png(new Uint8Array(side * side).fill(value), { width });

/** A PNG that says it is of 30,000 px a side, and is not. */
function claimed(): Uint8Array {
  const bytes = new DataView(image.slice().buffer);
  bytes.setUint32(16, 30_000);
  bytes.setUint32(20, 30_000);
  return new Uint8Array(bytes.buffer);
}

interface Refusal {
  data: () => Promise<string>;
  options?: () => Promise<string[]>;
  /** By default a new folder. */
  out?: () => Promise<string>;
  error: RegExp;
}

const refusals: Record<string, Refusal> = {
  'a truncated image': {
    data: () => discs({ 'images/case-2.png': image.subarray(0, 90) }),
    error: /images\/case-2\.png: is damaged or not an image .*; open it in a viewer, then export/,
  },
  'a truncated mask': {
    data: () => discs({ 'masks/case-2.png': mask.subarray(0, 60) }),
    error: /masks\/case-2\.png: is damaged or not an image .*; open it in a viewer, then export/,
  },
  'a file of zero bytes': {
    data: () => discs({ 'images/case-2.png': '' }),
    error: /images\/case-2\.png: the file is empty \(0 bytes\); copy or export it again/,
  },
  'an image of 1 x 1': {
    data: () => discs({ 'images/case-2.png': png(new Uint8Array(1), { width: 1 }) }),
    error: /images\/case-2\.png: 1 x 1 px is too small .*; replace or remove the file/,
  },
  'a mask of another size': {
    data: () => discs({ 'masks/case-2.png': png(square()) }),
    error: /masks\/case-2\.png: the mask is 16 x 16 px but its image is 32 x 32 px; export/,
  },
  'two masks of one image': {
    data: () => discs({ 'masks/case-2_mask.png': mask }),
    error: /images\/case-2\.png: has two masks, .*case-2\.png and .*case-2_mask\.png; remove one/,
  },
  'no mask at all': {
    data: () => allMasks(null),
    error: /images\/case-0\.png: has no mask and counts as unlabelled; add a mask/,
  },
  'nothing but empty masks': {
    data: () => allMasks(plane(0)),
    error:
      /masks\/case-0\.png: the mask is empty, and so is every other; draw .*; 5 more: genseg inspect/,
  },
  'nothing but foreground': {
    data: () => allMasks(plane(255)),
    error:
      /masks\/case-0\.png: the mask covers the whole image, and so does every other; mark the background as 0/,
  },
  'fewer training cases than classes': {
    data: () => dataSet(discFiles('case', 6, { classes: 4 })),
    options: async () => ['--labels', '3'],
    error: /labels 3: 2 training cases are fewer than the 3 classes .*; ask for more labels/,
  },
  'a file in place of the folder': {
    data: async () => join(await discs({}), 'images', 'case-2.png'),
    error: /images\/case-2\.png: is a file; give the folder that holds the images and masks/,
  },
  'a folder that cannot be read': {
    data: async () => {
      const loop = join(await temporaryFolder(), 'loop');
      symlinkSync(loop, loop); // unreadable to root too
      return loop;
    },
    error: /loop: cannot be read \(ELOOP\); check its rights/,
  },
  'a folder without images': {
    data: () => dataSet({ 'notes.txt': 'none' }),
    error: /no image found .*; give a folder with images\/ and masks\//,
  },
  'a damaged file in a test set': {
    data: () => discs({}),
    options: async () => ['--test', await discs({ 'images/case-2.png': image.subarray(0, 90) })],
    error: /images\/case-2\.png: is damaged or not an image .*; open it in a viewer, then export/,
  },
  'damaged weights': {
    data: () => discs({}),
    options: async () => [
      '--weights',
      join(await dataSet({ 'cut.safetensors': Buffer.alloc(100, 7) }), 'cut.safetensors'),
    ],
    error:
      /--weights: \S*cut\.safetensors is not a whole safetensors file: .*; copy the file again or save it anew/,
  },
  'a run below a file': {
    data: () => discs({}),
    out: async () => join(await dataSet({ file: '' }), 'file', 'run'),
    error: /Cannot write .*file\/run: part of the path is a file; choose another folder/,
  },
};

/** One line for the user to act on, and nothing on stdout. */
function expectRefusal({ code, stdout, stderr }: Ended, error: RegExp, context: string): void {
  expect([code, stdout], `${context}: ${stderr}`).toEqual([1, '']);
  expect(stderr, context).toMatch(/^error: [^\n]+\n$/);
  expect(stderr, context).toMatch(error);
}

test('bad data are refused by name before anything is written', async () => {
  const folder = await temporaryFolder();
  const entries = Object.entries(refusals);
  for (let i = 0; i < entries.length; i += 2) {
    const pair = entries.slice(i, i + 2).map(async ([name, refusal]) => {
      const { data, options = async () => [], error } = refusal;
      const out = (await refusal.out?.()) ?? join(folder, name);
      const given = [...quick('plain', 1), ...(await options())];
      const refused = await genseg('train', await data(), '--out', out, ...given);
      expectRefusal(refused, error, name);
      expect(existsSync(out), name).toBe(false);
    });
    await Promise.all(pair);
  }
}, 120_000);

test('a size that nobody means is refused from the header, without the memory for it', async () => {
  const data = await discs({ 'images/case-2.png': claimed() });
  const folder = await temporaryFolder();
  const peak = join(folder, 'peak');
  const report = `process.on("exit",()=>require("fs").writeFileSync("${peak}",String(process.resourceUsage().maxRSS)))`;
  const preload = join(await dataSet({ 'peak.cjs': report }), 'peak.cjs');
  const refused = await gensegUnder(
    `export NODE_OPTIONS=--require=${preload}`,
    ...['train', data, '--out', join(folder, 'run')],
  );
  expectRefusal(refused, /case-2\.png: 30000 x 30000 px is too large .*; cut it into tiles/, '');
  expect(Number(readFileSync(peak, 'utf8'))).toBeLessThan(600_000); // KiB; 30,000 x 30,000 are 900 MB
});

/** A disc in colour, of 8 bits or of 16. */
function coloured(pixels: readonly number[], bits: 8 | 16): Uint8Array | Uint16Array {
  const values = pixels.flatMap((v) => [v, 0.8 * v, 0.5 * v]);
  return bits === 16
    ? Uint16Array.from(values, (v) => 257 * v)
    : Uint8Array.from(values, (v) => Math.round(v));
}

test('16-bit RGB, CMYK and one empty mask are taken; what is odd is said by name', async () => {
  const raw = await Promise.all(
    Object.entries(disc)
      .filter(([path]) => path.startsWith('images/'))
      .map(async ([path, bytes]) => ({
        path,
        pixels: [...(await sharp(bytes).toColourspace('b-w').raw().toBuffer())],
      })),
  );
  const others: Record<string, unknown> = {
    'masks/case-0.png': plane(0),
    'masks/case-5.png': null,
  };
  for (const [i, { path, pixels }] of raw.entries())
    others[path] = png(coloured(pixels, i < 3 ? 16 : 8), { width, channels: 3 });
  const rgb = coloured(raw[3].pixels, 8);
  others['images/case-3.png'] = null;
  others['images/case-3.jpg'] = await sharp(rgb, { raw: { width, height: side, channels: 3 } })
    .toColourspace('cmyk')
    .jpeg({ quality: 95 })
    .toBuffer();
  const data = await discs(others);

  const { manifest, problems } = jsonOf(await genseg('inspect', data, '--json'));
  const { inferred, cases } = manifest as { inferred: string[]; cases: { bits: number }[] };
  expect(inferred).toContain('CMYK converted to RGB: 1 of 6 images');
  expect(cases.map(({ bits }) => bits)).toEqual([16, 16, 16, 8, 8, 8]);
  expect(manifest).toMatchObject({ fingerprint: { channels: 3, bits: 16 } });
  expect(problems).toMatchObject([{ kind: 'empty-mask' }, { kind: 'missing-mask' }]);

  const run = join(await temporaryFolder(), 'run');
  const trained = await genseg('train', data, '--out', run, ...quick('plain', 1));
  expect(trained.code, trained.stderr).toBe(0);
  expect(trained.stderr).toMatch(/^warning: .*masks\/case-0\.png: the mask is empty; draw/m);
  expect(trained.stderr).toMatch(/^warning: .*images\/case-5\.png: has no mask .*; add a mask/m);
  expect(readJson(run, 'plan.json')).toMatchObject({ channels: 3 });
});

/** What a command says to the user to act on, among the lines that tell what it does. */
const errorsOf = ({ stderr }: Ended): string[] =>
  stderr.split('\n').filter((line) => /^error: |^\s+at /.test(line));

/** A file system of so many MB in memory; null where this user may not mount one. */
async function smallDisk(size: string): Promise<string | null> {
  const folder = await temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync('umount', [folder]));
  return folder;
}

test('files that may not be so large: the error says which, and the run goes on afterwards', async () => {
  const data = await discs({});
  const folder = await temporaryFolder();
  const none = join(folder, 'none');
  const some = join(folder, 'some');
  const train = (limit: number, out: string) =>
    gensegUnder(`ulimit -f ${limit}`, 'train', data, '--out', out, ...quick('plain', 1));
  const [atOnce, later] = await Promise.all([train(0, none), train(4000, some)]);
  const words = 'the file is larger than this disk or user may have; raise the limit (ulimit -f)';
  expectRefusal(atOnce, /Cannot write .*none\/run\.lock: the file is larger/, 'set-up');
  expect(readdirSync(none)).toEqual([]);

  const { checkpoints, events } = runPaths(some);
  const [error, ...others] = errorsOf(later);
  expect([later.code, others]).toEqual([1, []]);
  expect(error).toContain(`Cannot write ${checkpoints.best}: ${words}`);
  expect(readEvents(events).at(-1)).toMatchObject({ type: 'end', data: { reason: 'failed' } });
  expect(readdirSync(join(some, 'checkpoints'))).toEqual([]);
  const resumed = await genseg('resume', some);
  expect(resumed.code, resumed.stderr).toBe(0);
}, 120_000);

test('a full disk: the error says where, and the run goes on when there is room', async (context) => {
  const disk = await smallDisk('12m');
  if (disk === null) return context.skip('only root may mount a small disk');
  const run = join(disk, 'run');
  const ended = await genseg('train', await discs({}), '--out', run, ...quick('plain', 1));
  const { checkpoints } = runPaths(run);
  expect([ended.code, errorsOf(ended)]).toEqual([
    1,
    [`error: Cannot write ${checkpoints.last}: the disk is full; free some space and start again`],
  ]);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['best']);
  execFileSync('mount', ['-o', 'remount,size=200m', disk]);
  const resumed = await genseg('resume', run);
  expect(resumed.code, resumed.stderr).toBe(0);
}, 120_000);

test('a training that diverges stops with its last good checkpoint and says so', async () => {
  const data = await discs({});
  const folder = await temporaryFolder();
  const good = runPaths(join(folder, 'good'));
  const trained = await genseg('train', data, '--out', good.root, ...quick('plain', 1));
  expect(trained.code, trained.stderr).toBe(0);

  // Their loss is a number, its gradient is not: a layer that is constant, behind it a factor of 1e12.
  const weights = join(folder, 'weights.safetensors');
  scope(() => {
    const { tensors } = loadSafetensors(join(good.checkpoints.best, 'model.safetensors'));
    const fill = (name: string, value: number) =>
      tensors.set(name, full(tensors.get(name)!.shape, value));
    fill('up4.conv.double_conv.3.weight', 0);
    fill('up4.conv.double_conv.4.weight', 1e12);
    fill('up4.conv.double_conv.4.bias', 1);
    fill('outc.conv.weight', 1e30);
    saveSafetensors(weights, tensors);
  });
  const run = runPaths(join(folder, 'run'));
  const options = [...quick('separate', 2), '--weights', weights, '--checkpoint-every', '0.001s'];
  const diverged = await genseg('train', data, '--out', run.root, ...options);
  const [error, ...others] = errorsOf(diverged);
  expect([diverged.code, others]).toEqual([1, []]);
  expect(error).toMatch(
    /^error: the validation loss became NaN at step \d+; the last good checkpoint is kept: start again with --precision fp32/,
  );
  const { data: end } = readEvents(run.events).at(-1)!;
  expect([end.reason, `error: ${end.message}`]).toEqual(['failed', error]);
  const spoilt = scope(() => {
    const { tensors } = loadSafetensors(join(run.checkpoints.last, 'state.safetensors'));
    return [...tensors].filter(([, value]) => !value.isfinite().all().item()).map(([key]) => key);
  });
  expect(spoilt).toEqual([]);
  const resumed = await genseg('resume', run.root); // the same steps, the same end
  expect([resumed.code, errorsOf(resumed)]).toEqual([1, [error]]);
}, 120_000);

test('predict and evaluate name a bad file too', async () => {
  const data = await discs({});
  const folder = await temporaryFolder();
  const run = join(folder, 'run');
  const trained = await genseg('train', data, '--out', run, ...quick('plain', 1));
  expect(trained.code, trained.stderr).toBe(0);

  const images = await dataSet({
    'cut.png': image.subarray(0, 90),
    'empty.png': '',
    'good.png': image,
    'huge.png': claimed(),
    'tiny.png': png(new Uint8Array(1), { width: 1 }),
  });
  const masks = join(folder, 'masks');
  const missing = join(images, 'nowhere.png');
  const marred = await discs({ 'masks/case-1.png': png(square()), 'masks/case-3.png': null });
  const unlabelled = await discs({ 'masks/case-3.png': null });
  const [predicted, nothing, over] = await Promise.all([
    genseg('predict', run, images, '--out', masks),
    genseg('predict', run, missing, '--out', join(folder, 'none')),
    genseg('predict', run, images, '--out', images),
  ]);
  expect([over.code, over.stderr, readdirSync(images).length]).toEqual([
    2,
    expect.stringMatching(/^error: .*\.png: is one of the images to predict, .* for --out\n$/),
    5,
  ]);
  expect(readFileSync(join(images, 'good.png')).equals(image)).toBe(true);
  expect(predicted.code).toBe(1);
  expect(errorsOf(predicted)).toEqual([
    expect.stringMatching(
      /^error: .*\/cut\.png: is damaged or not an image .*; open it in a viewer/,
    ),
    expect.stringMatching(/^error: .*\/empty\.png: the file is empty .*; copy or export it again$/),
    expect.stringMatching(/^error: .*\/huge\.png: 30000 x 30000 px is too large .*; cut it into/),
    expect.stringMatching(/^error: .*\/tiny\.png: 1 x 1 px is too small .*; replace or remove/),
    'error: 4 of 5 images could not be read; the others are done',
  ]);
  expect(readdirSync(masks)).toEqual(['good.png', 'predictions.csv']);
  expectRefusal(nothing, /nowhere\.png: there is no such file or folder/, 'predict');
  expect(existsSync(join(folder, 'none'))).toBe(false);

  const [refused, scored] = await Promise.all([
    genseg('evaluate', run, marred),
    genseg('evaluate', run, unlabelled),
  ]);
  expectRefusal(refused, /masks\/case-1\.png: the mask is 16 x 16 px but its image is/, 'evaluate');
  expect(scored.code, scored.stderr).toBe(0);
  expect(scored.stderr).toMatch(
    /^warning: .*images\/case-3\.png: has no mask .*\nwarning: .* were trained or validated on .*\n$/,
  );
  expect(readdirSync(join(run, 'eval'))).toHaveLength(1);
}, 120_000);

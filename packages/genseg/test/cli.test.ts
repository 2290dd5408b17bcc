/** The command line's contract: help, exit codes, JSON, and all commands one after the other. */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Plan, PredictedImage } from '../src/index.ts';
import { runPaths } from '../src/run/index.ts';
import { openRun } from '../src/workflow/run-state.ts';
import {
  discFiles,
  discFolder,
  genseg,
  gensegUnder,
  jsonOf,
  quick,
  readJson,
} from './command-line.ts';
import { dataSet, png, temporaryFolder } from './data/fixtures.ts';
import { side } from './tiny.ts';

const commands = [
  ...['inspect', 'train', 'resume', 'evaluate', 'predict', 'generate', 'report', 'selfcheck'],
  'doctor',
  'bench',
  'data',
];

test('every command has help with an example, on stdout', async () => {
  const top = await genseg('--help');
  expect(top.code).toBe(0);
  for (const command of commands) {
    expect(top.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    const { code, stdout, stderr } = await genseg(command, '-h');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: genseg ${command} `));
    expect(stdout).toMatch(new RegExp(`Example:\n  genseg ${command}`));
  }
});

test('a pipe that nobody reads any more ends a command quietly', async () => {
  for (const [pipes, word] of [
    ['exec > >(exec true)', '--help'],
    ['exec > >(exec true) 2>&1', '--hlep'],
  ]) {
    const closed = await gensegUnder(`${pipes}; sleep 0.2`, 'train', word);
    expect([word, closed]).toEqual([word, { code: 141, stdout: '', stderr: '' }]);
  }
});

test('wrong usage exits with 2 and says how to mend it, in one line', async () => {
  const data = await discFolder('case', 3);
  const out = join(await temporaryFolder(), 'run');
  const wrong: [string[], RegExp][] = [
    [['trian'], /unknown command 'trian'/],
    [['train', data], /required option '--out <run>'/],
    [['train', data, '--out', out, '--sise', '64'], /unknown option '--sise'/],
    [['train', data, '--out', out, '--size', '7'], /--size is "7", expected a whole number, 16 to/],
    [['train', data, '--out', out, '--method', 'best'], /--method is "best", expected one of/],
    [['train', data, '--out', out, '--budget', 'soon'], /--budget is "soon", expected a time/],
    [['train', data, '--out', out, '--device', 'cuda'], /cuda|CUDA/],
    [['generate', out, '--out', out, '--count', '0'], /expected a whole number, 1 or more/],
    [
      ['generate', out, '--out', out, '--count', '1', '--seed', ''],
      /expected a whole number, 0 or/,
    ],
    [['bench', out, '--jobs', '0'], /--jobs <n>' argument '0'.*expected a whole number, 1 or more/],
    [['bench', out, '--jobs', '1e1'], /argument '1e1'.*expected a whole number, 1 or more/],
    [['predict', out, data, '--out', out, '--spacing', '0'], /expected mm per pixel above 0/],
    [['predict', out, data, '--out', out, '--fast', '--uncertainty'], /--fast.*--uncertainty/],
    [['predict', out, data, '--out', out, '--tile', '--uncertainty'], /--tile.*--uncertainty/],
    [['predict', out, data, '--out', out, '--tile', '0'], /expected a whole number of pixels/],
    [['train', data, '--out', data, ...quick('plain')], /holds other files.*choose a new or empty/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await genseg(...args);
    expect([args, code, stdout]).toEqual([args, 2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  expect(existsSync(out)).toBe(false);
});

test('a run or a folder that is not there exits with 1 and names it', async () => {
  const missing = join(await temporaryFolder(), 'nowhere');
  const out = join(await temporaryFolder(), 'out');
  for (const args of [
    ['resume', missing],
    ['evaluate', missing, missing],
    ['predict', missing, missing, '--out', out],
    ['generate', missing, '--count', '1', '--out', out],
    ['report', missing],
    ['selfcheck', missing],
    ['inspect', missing],
    ['train', missing, '--out', out],
  ]) {
    const { code, stdout, stderr } = await genseg(...args);
    expect([args, code, stdout]).toEqual([args, 1, '']);
    expect(stderr.trim()).toMatch(/^error: .*nowhere.*$/);
  }
  expect(existsSync(out)).toBe(false);
});

const scores = {
  dice: expect.any(Number),
  jaccard: expect.any(Number),
  hd95: expect.any(Number),
};

test('from a folder to a model, its scores, masks, synthetic pairs, proof and report', async () => {
  const data = await discFolder('disc', 12);
  const elsewhere = await discFolder('other', 3);
  const folder = await temporaryFolder();
  const run = join(folder, 'run');

  const inspected = await genseg('inspect', data, '--json');
  expect(jsonOf(inspected)).toMatchObject({ problems: [], duplicates: [] });

  const options = ['--labels', '8', '--test', elsewhere, ...quick('genseg'), '--json'];
  const trained = await genseg('train', data, '--out', run, ...options);
  expect(trained.code, trained.stderr).toBe(0);
  const result = jsonOf(trained);
  expect(result).toMatchObject({ run, method: 'genseg', seed: 0, iterations: 4 });
  expect(result.seconds).toBeGreaterThan(0);
  const sets = result.sets as Record<string, Record<string, unknown>>;
  const other = elsewhere.split('/').at(-1)!;
  expect(Object.keys(sets)).toEqual(['test', other]);
  for (const [name, count] of [
    ['test', 4],
    [other, 3],
  ] as const) {
    expect(sets[name].cases).toHaveLength(count);
    expect((sets[name].cases as unknown[])[0]).toMatchObject({ id: expect.any(String), ...scores });
    expect(sets[name].mean).toMatchObject(scores);
    expect(sets[name].ci95).toMatchObject({ dice: [expect.any(Number), expect.any(Number)] });
  }
  expect(trained.stderr).toMatch(/validation/i);
  const plan = readJson(run, 'plan.json');
  for (const decision of plan.decisions as Record<string, unknown>[])
    expect(decision).toMatchObject({ name: expect.any(String), reason: expect.any(String) });
  for (const file of [
    'report.html',
    'MODEL_CARD.md',
    'CLAIM.md',
    'metrics.csv',
    'checkpoints/best',
  ])
    expect(existsSync(join(run, file)), file).toBe(true);

  // As plans were before these numbers stood in recipes.
  const { recipe } = plan as unknown as Plan;
  const { momentum, weightDecay, warmup, ...segmentation } = recipe.segmentation;
  const { betas, ...gan } = recipe.gan;
  const { weightDecay: decay, validationBatch, ...architecture } = recipe.architecture;
  const earlier = { ...recipe, segmentation, gan, architecture };
  writeFileSync(join(run, 'plan.json'), JSON.stringify({ ...plan, recipe: earlier }));
  expect(openRun(runPaths(run)).plan.recipe).toEqual(recipe);

  const evaluated = await genseg('evaluate', run, elsewhere, '--json');
  expect(jsonOf(evaluated)).toMatchObject({ run, method: 'genseg', seed: 0, iterations: 4 });
  expect(jsonOf(evaluated).seconds).toBeGreaterThan(0);
  expect((jsonOf(evaluated).sets as typeof sets)[other]).toEqual(sets[other]);

  const seen = await genseg('evaluate', run, data, '--fast');
  expect(seen.stderr).toMatch(/8 of the 12 test images were trained or validated on \(disc-\d+ is/);
  expect(evaluated.stderr).not.toContain('trained or validated on');

  const tinted = await discFolder('tinted', 2);
  for (const file of [0, 1].map((i) => join(tinted, `images/tinted-${i}.png`))) {
    const gray = await sharp(file).toColourspace('b-w').raw().toBuffer();
    const colours = Uint8Array.from({ length: 3 * gray.length }, (_, i) => gray[i % gray.length]);
    writeFileSync(file, png(colours, { width: side, channels: 3 }));
  }
  const asGray = await genseg('evaluate', run, tinted, '--fast', '--json');
  expect(asGray.stderr).toContain('colour images are taken as gray');
  expect((jsonOf(asGray).sets as typeof sets)[tinted.split('/').at(-1)!].cases).toHaveLength(2);

  const broken = join(folder, 'broken.png');
  writeFileSync(broken, 'not an image');
  const masks = join(folder, 'masks');
  const predicted = await genseg(
    ...['predict', run, join(elsewhere, 'images'), broken, '--out', masks],
    ...['--overlays', '--probabilities', '--uncertainty', '--spacing', '0.5,2', '--json'],
  );
  expect(predicted.code).toBe(1); // the broken file, which does not stop the rest
  expect(predicted.stderr).toMatch(/error: .*broken\.png/);
  expect(jsonOf(predicted)).toMatchObject({ run, failed: [{ image: broken }] });
  const names = [0, 1, 2].flatMap((i) =>
    ['', '_overlay', '_probability', '_uncertainty'].map((suffix) => `other-${i}${suffix}.png`),
  );
  expect(readdirSync(masks).sort()).toEqual(['predictions.csv', ...names].sort());
  const { written } = jsonOf(predicted) as { written: PredictedImage[] };
  const [header, ...rows] = readFileSync(join(masks, 'predictions.csv'), 'utf8').trim().split('\n');
  expect(header).toBe('image,mask,class,pixels,area_mm2,predicted_dice,uncertainty,novelty');
  for (const [
    i,
    { image, mask, foreground, uncertainty, predictedDice, novelty, classes },
  ] of written.entries()) {
    const [[name, { pixels, areaMm2 }], ...others] = Object.entries(classes);
    const { data } = decode(readFileSync(mask));
    expect(others).toEqual([]);
    expect(pixels).toBe(data.filter((value) => value === 255).length);
    expect([foreground, areaMm2]).toEqual([pixels / data.length, pixels]); // of 0.5 x 2 mm
    expect(novelty).toBeGreaterThan(0);
    for (const value of [uncertainty, predictedDice ?? 0]) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    }
    expect(rows[i]).toBe(
      [
        image,
        mask.split('/').at(-1),
        name,
        pixels,
        areaMm2,
        predictedDice ?? '',
        uncertainty,
        novelty,
      ].join(),
    );
  }
  const quickly = join(folder, 'quickly');
  const fast = ['predict', run, join(elsewhere, 'images'), '--out', quickly, '--fast', '--json'];
  expect(jsonOf(await genseg(...fast)).written).toEqual(
    written.map((one) => ({
      ...one,
      mask: one.mask.replace(masks, quickly),
      uncertainty: null,
      novelty: null,
      predictedDice: null,
      classes: Object.fromEntries(
        Object.entries(one.classes).map(([name, { pixels }]) => [
          name,
          { pixels, areaMm2: null, predictedDice: null },
        ]),
      ),
    })),
  );
  expect(readFileSync(join(quickly, 'other-0.png'))).toEqual(
    readFileSync(join(masks, 'other-0.png')),
  );
  // An image of the training images' extent is one tile.
  const inTiles = jsonOf(await genseg(...fast.with(4, join(folder, 'tiles')), '--tile'));
  expect(inTiles.failed).toEqual([]);
  expect(readFileSync(join(folder, 'tiles', 'other-0.png'))).toEqual(
    readFileSync(join(masks, 'other-0.png')),
  );

  const trust = readJson(run, 'eval', 'test', 'trust.json') as { cases: { novelty: number }[] };
  expect(trust.cases.map((one) => Object.keys(one).sort())).toEqual(
    Array(4).fill(['id', 'novelty', 'predictedDice', 'uncertainty']),
  );
  const audit = readJson(run, 'audit', 'audit.json') as Record<string, unknown[]>;
  expect([audit.synthetic.length, audit.real.length]).toEqual([32, 6]);
  expect(decode(readFileSync(join(run, 'audit', 'nearest.png'))).width).toBeGreaterThan(4 * 32);

  const pairs = join(folder, 'pairs');
  const generate = ['generate', run, '--count', '3', '--json'];
  const generated = jsonOf(await genseg(...generate, '--out', pairs));
  expect(generated.pairs).toHaveLength(3);
  expect(readJson(pairs, 'provenance.json')).toEqual({ ...generated, synthetic: true });
  expect((await genseg(...generate, '--out', pairs)).code).toBe(2); // there are files already
  const again = join(folder, 'again');
  await genseg(...generate, '--out', again);
  const image = 'images/synthetic-00003.png';
  expect(readFileSync(join(again, image))).toEqual(readFileSync(join(pairs, image)));

  const checked = await genseg('selfcheck', run, '--json');
  expect([checked.code, jsonOf(checked).passed]).toEqual([0, true]);

  const page = join(folder, 'page.html');
  const reported = await genseg('report', run, run, '--out', page);
  expect(reported.code, reported.stderr).toBe(0);
  expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/i);
});

test('a folder that is no run is said to be none, by every command that takes a run', async () => {
  const none = join(await temporaryFolder(), 'none');
  for (const rest of [
    ['evaluate', none, none],
    ['predict', none, none, '--out', join(none, 'out')],
    ['selfcheck', none],
  ]) {
    const { code, stderr } = await genseg(...rest);
    expect([code, stderr]).toEqual([
      1,
      `error: ${none} is not a run folder, it has no config.json; give the --out of a run\n`,
    ]);
  }
});

test('a run of a method without a generator says so', async () => {
  const data = await discFolder('case', 6);
  const folder = await temporaryFolder();
  const run = join(folder, 'run');
  const trained = await genseg('train', data, '--out', run, ...quick('plain', 1));
  expect(trained.code, trained.stderr).toBe(0);
  expect(trained.stdout).toBe(`no test set: name one with genseg evaluate ${run} <data>\n`);
  const generated = await genseg('generate', run, '--count', '1', '--out', join(folder, 'out'));
  expect([generated.code, generated.stderr]).toEqual([
    1,
    `error: ${run}: a run of method plain has no generator; train with --method genseg\n`,
  ]);
  const checked = await genseg('selfcheck', run);
  expect(checked.code).toBe(1);
  expect(checked.stderr).toMatch(/a run of method plain has no feedback to check/);
});

test('classes, train, val and test folders, colours: what the data say is followed', async () => {
  const within = (split: string, count: number) =>
    Object.fromEntries(
      Object.entries(discFiles(split, count, { classes: 3 })).map(([path, bytes]) => [
        `${split}/${path}`,
        bytes,
      ]),
    );
  const data = await dataSet({ ...within('train', 3), ...within('val', 2), ...within('test', 2) });
  const run = join(await temporaryFolder(), 'run');
  const options = ['--model', 'resunet', ...quick('separate', 2), '--json'];
  const trained = await genseg('train', data, '--out', run, ...options);
  expect(trained.code, trained.stderr).toBe(0);
  const { decisions } = readJson(run, 'plan.json') as { decisions: { name: string }[] };
  expect(decisions).toContainEqual({
    name: 'depth and width',
    value: '3 halvings, 8 channels at full size',
    reason: expect.stringMatching(/^32 px; training it takes about 0\.\d+ of [\d.]+ GiB$/),
  });
  const { train, validation, test } = readJson(run, 'splits.json') as Record<string, string[]>;
  expect([train.length, validation.length, test.length]).toEqual([3, 2, 2]);
  expect((readJson(run, 'plan.json').classes as string[]).length).toBe(3);
});

test("a user's own PyTorch model is trained, and the run needs its file no more", async () => {
  const data = await discFolder('case', 6);
  const folder = await temporaryFolder();
  const model = join(folder, 'mine.pt');
  copyFileSync(join(import.meta.dirname, 'golden', 'unet.pt'), model);
  const run = join(folder, 'run');
  const options = ['--model', model, '--labels', '5', ...quick('genseg', 2), '--json'];
  const trained = await genseg('train', data, '--out', run, ...options);
  expect(trained.code, trained.stderr).toBe(0);
  rmSync(model);
  const sets = jsonOf(trained).sets as Record<string, unknown>;
  const again = jsonOf(await genseg('resume', run, '--json'));
  expect(again.sets).toEqual(sets);
  const masks = join(folder, 'masks');
  const predicted = await genseg('predict', run, join(data, 'images'), '--out', masks);
  expect(predicted.code, predicted.stderr).toBe(0);
  expect(readdirSync(masks)).toHaveLength(6 + 1); // and predictions.csv

  const wrong = join(folder, 'wrong.pt');
  writeFileSync(wrong, 'no script');
  const out = join(folder, 'never');
  const refused = await genseg('train', data, '--out', out, '--model', wrong);
  expect([refused.code, existsSync(out)]).toEqual([2, false]);
  expect(refused.stderr).toMatch(/^error: --model .*wrong\.pt: loading it failed: .*\n$/);
  const unknown = await genseg('train', data, '--out', out, '--model', 'vnet');
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringMatching(/--model is "vnet", expected one of unet.*TorchScript/),
  ]);
});

test('a config file gives way to variables, and these to flags', async () => {
  const data = await discFolder('case', 5);
  const folder = await temporaryFolder();
  const file = join(folder, 'config.json');
  const settings = { threads: 1, precision: 'fp32', imageLayout: 'contiguous' };
  writeFileSync(file, JSON.stringify({ method: 'plain', size: 48, iterations: 9, ...settings }));
  const run = join(folder, 'run');
  const trained = await genseg(
    ...['train', data, '--out', run, '--config', file, '--size', '32', '--iterations', '1'],
  );
  expect(trained.code, trained.stderr).toBe(0);
  expect(readJson(run, 'config.json').settings).toMatchObject({
    method: { value: 'plain', source: `method in ${file}` },
    size: { value: 32, source: '--size' },
  });
});

test('doctor tells the engine', async () => {
  const { code, stdout } = await genseg('doctor');
  expect(code).toBe(0);
  expect(stdout).toMatch(/LibTorch +\d+\.\d+/);
  const { findings } = jsonOf(await genseg('doctor', '--json'));
  expect((findings as { name: string }[]).map(({ name }) => name)).toContain('BLAS');
});

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { fixtureRun, type RunFixture } from '../../test/report/fixtures.ts';
import { DataError } from '../errors.ts';
import { writeClaim } from './claim.ts';
import { fixed } from './format.ts';
import { writeModelCard } from './model-card.ts';
import { writeReport } from './report.ts';
import { formatResult } from './result-text.ts';
import { readSetResult } from './set-result.ts';

/** The page about runs made of fixtures, and their folders. */
async function report(...fixtures: RunFixture[]): Promise<{ page: string; roots: string[] }> {
  const folder = await temporaryFolder();
  const roots = fixtures.map((fixture, i) => fixtureRun(join(folder, `run-${i}`), fixture));
  const out = join(folder, 'report.html');
  await writeReport(roots, out);
  return { page: readFileSync(out, 'utf8'), roots };
}

const methods: RunFixture[] = [{ method: 'plain' }, { method: 'augment' }, { method: 'genseg' }];
const headings = (page: string) => [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, text]) => text);

/** Throws where an element is not closed in its place. */
function checkNesting(page: string): void {
  const open: string[] = [];
  for (const [, slash, name, closed] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/g)) {
    if (closed || ['meta', 'img'].includes(name)) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
  }
  if (open.length > 0) throw new Error(`not closed: ${open}`);
}

test('a whole run has every part, in order, well nested', async () => {
  const { page } = await report({});
  expect(headings(page)).toEqual([
    'Scores on test images',
    'How far to trust it',
    'Training',
    'Architecture of the generator',
    'Real beside synthetic',
    'Synthetic pairs examined',
    'Predictions',
    'Self-check',
    'What was decided, and why',
    'To repeat it',
  ]);
  expect(page).toContain('<h1>lungs &#38; more</h1>');
  expect(page).toContain('Not compared yet');
  checkNesting(page);
});

test('it stands alone: no script, no address, no file; the browser is told so', async () => {
  const { page } = await report(...methods);
  expect(page).not.toMatch(/<script|<link|<iframe|javascript:|\bon[a-z]+=/i);
  expect(page).not.toMatch(/https?:|url\(|@import/);
  for (const [, source] of page.matchAll(/\b(?:src|href)="([^"]*)"/g)) {
    expect(source).toMatch(/^data:image\/png;base64,iVBOR/);
  }
  expect(page).toContain("default-src 'none'");
});

test('the scores are those of the summaries', async () => {
  const { page, roots } = await report(...methods);
  const cells = [...page.matchAll(/<td class="n main">([\d.]+)<small>([\d.]+)–([\d.]+)</g)];
  const expected = roots.map((root) => {
    const { mean, ci95 } = readSetResult(root, 'test')!;
    return [mean.dice, ...ci95.dice].map((value) => fixed(value));
  });
  expect(cells.map(([, ...numbers]) => numbers)).toEqual(expected);
});

test('what can be trusted is said: calibration, predicted Dice, foreign images, copies', async () => {
  const { page } = await report(
    { method: 'plain' },
    { method: 'genseg', classes: ['back', 'a', 'b'] },
  );
  const part = (title: string) => page.split(`<h2>${title}</h2>`)[1].split('</section>')[0];
  const trust = part('How far to trust it');
  expect(trust.match(/\+1\.00<\/td>/g)).toHaveLength(2); // the fixture orders cases as their Dice
  expect(trust.match(/>1 of 12</g)).toHaveLength(2);
  expect(trust).toContain('0.050 <small>a</small>');
  expect(trust.match(/<circle [^>]*class="hollow"/g)).toHaveLength(2);
  expect(trust.match(/<circle [^>]*r="3"/g)).toHaveLength(24);
  const audit = part('Synthetic pairs examined');
  expect(audit).toMatch(/class="n fail">1 of 2 images</);
  expect(audit).toContain('3 pairs of one patient, or duplicates, left out');
  expect(audit.match(/<img /g)).toHaveLength(1);
  checkNesting(page);
});

test('training images of one patient tell nothing of copies', async () => {
  const folder = await temporaryFolder();
  const root = fixtureRun(join(folder, 'run'), {});
  const path = join(root, 'audit', 'audit.json');
  const { synthetic, ...audit } = JSON.parse(readFileSync(path, 'utf8'));
  const unknown = synthetic.map((one: object) => ({ ...one, copied: null }));
  writeFileSync(path, JSON.stringify({ ...audit, synthetic: unknown, real: [] }));
  await writeReport([root], join(folder, 'report.html'));
  writeModelCard(root);
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(page.split('<h2>Synthetic pairs examined</h2>')[1]).toMatch(/<td class="n">–<\/td>/);
  expect(readFileSync(join(root, 'MODEL_CARD.md'), 'utf8')).toContain(
    'Whether synthetic images are copies is not known: all training images are of one patient',
  );
});

test('runs from before there were such files have no such parts', async () => {
  const folder = await temporaryFolder();
  const root = fixtureRun(join(folder, 'run'), {});
  for (const file of ['eval/test/trust.json', 'audit/audit.json']) rmSync(join(root, file));
  await writeReport([root], join(folder, 'report.html'));
  const titles = headings(readFileSync(join(folder, 'report.html'), 'utf8'));
  expect(titles).toContain('Scores on test images');
  expect(titles).not.toContain('How far to trust it');
  expect(titles).not.toContain('Synthetic pairs examined');
});

test('runs are compared: differences, verdict, a colour and a curve each', async () => {
  const { page, roots } = await report(...methods);
  const [, augment, genseg] = roots.map((root) => readSetResult(root, 'test')!.mean.dice);
  const difference = fixed(genseg - augment);
  expect(page).toContain('GenSeg helped');
  expect(page).toContain(`The mean Dice of GenSeg is ${difference} higher than with Augmentation`);
  expect(page.match(/GenSeg compared with/g)).toHaveLength(1);
  const [chart] = page.split('<figcaption>Validation Dice').slice(1);
  const colours = [...chart.split('</svg>')[0].matchAll(/--line:(var\(--run-\d\))/g)];
  expect(new Set(colours.map(([, colour]) => colour)).size).toBe(3);
  checkNesting(page);
});

test.each([
  ['helped', 2, 8],
  ['did not help', 8, 2],
])('GenSeg %s', async (kind, ours, theirs) => {
  const { page } = await report(
    { method: 'augment', misses: (i) => theirs + (i % 3) },
    { method: 'genseg', misses: (i) => ours + (i % 3) },
  );
  expect(page).toContain(`GenSeg ${kind}</p>`);
});

test('sets of one name but of different images are told apart, and not compared', async () => {
  const images = (of: string) => ({
    hashOf: (i: number) => `${of} ${i}`,
    origin: { root: `/${of}` },
  });
  const { page } = await report(
    { method: 'augment', ...images('theirs') },
    { method: 'genseg', ...images('ours') },
  );
  expect(page).toContain(
    'only scores on the same images can be compared: Augmentation on 12 cases of /theirs and GenSeg on 12 cases of /ours.',
  );
  expect(page).toContain('Not compared: the two were tested on different cases.');
  expect(page).not.toContain('GenSeg helped</p>');
  expect(page).not.toContain('Prediction of Augmentation');
  checkNesting(page);
});

test('a set that another run calls otherwise is compared, and its name there is told', async () => {
  const hashOf = (i: number) => `image ${i}`;
  const { page } = await report(
    { method: 'augment', sets: ['ext-2'], hashOf },
    { method: 'genseg', sets: ['ext'], hashOf },
  );
  expect(page.match(/GenSeg compared with/g)).toHaveLength(1);
  expect(page).toContain('</i>Augmentation (its ext-2)</span>');
  expect(page).toContain('GenSeg helped</p>');
  checkNesting(page);
});

test('scores that are too good are said to be, on the page and in the card', async () => {
  const warnings = ['8 of the 12 test images were trained or validated on, so <too good>'];
  const { page, roots } = await report({ origin: { root: '/a', warnings, seen: 8 } });
  expect(page).toContain('<p class="caution">8 of the 12 test images were trained or validated on');
  writeModelCard(roots[0]);
  expect(readFileSync(join(roots[0], 'MODEL_CARD.md'), 'utf8')).toContain(
    'test: 8 of the 12 test images were trained or validated on, so \\<too good\\>.',
  );
});

test('runs of different data: the title has both, and the advice is not to train what is there', async () => {
  const { page } = await report(
    { method: 'augment', data: 'wounds', hashOf: (i) => `theirs ${i}` },
    { method: 'genseg', data: 'burns', hashOf: (i) => `ours ${i}` },
  );
  expect(page).toContain('<h1>wounds and burns</h1>');
  expect(page).toContain(
    '2 segmentation models, of different data: Augmentation from 4 labelled images of wounds and GenSeg from 4 labelled images of burns.',
  );
  expect(page).toContain('Not compared yet');
  expect(page).toContain('These are of different data and share none: train both on the same data');
  expect(page).not.toContain('Train one with --method augment');
});

test('on a set that both were tested on, the labelled images of other data are told', async () => {
  const { page } = await report(
    { method: 'augment', data: 'wounds' },
    { method: 'genseg', data: 'burns' },
  );
  expect(page).toContain('The two had other labelled images');
});

test('cases with nothing to score are told apart from those that are scored', async () => {
  const { page, roots } = await report({ cases: 14, empty: 2 });
  expect(page).toContain('<h3>test <small>12 scored of 14 cases</small></h3>');
  const several = await report({ cases: 14, empty: 2 }, { method: 'plain', cases: 14 });
  expect(several.page).toContain('<small>12 scored of 14 cases; 14 cases</small>');
  writeModelCard(roots[0]);
  writeClaim(roots[0]);
  for (const file of ['MODEL_CARD.md', 'CLAIM.md'])
    expect(readFileSync(join(roots[0], file), 'utf8')).toContain(
      '12 scored of 14 cases, those of 12 patients',
    );
  const sets = { test: readSetResult(roots[0], 'test')! };
  expect(formatResult({ run: 'run', sets })).toMatch(/^test set +cases scored .*\ntest +12 of 14 /);
});

test('several test sets, and another verdict on each', async () => {
  const { page } = await report(
    { method: 'augment', sets: ['test', 'elsewhere'] },
    { method: 'genseg', sets: ['test', 'elsewhere'] },
  );
  expect(page).toContain('<b>test: helped.</b>');
  expect(page).toContain('<b>elsewhere: helped.</b>');
  expect(page.match(/GenSeg compared with/g)).toHaveLength(2);
});

test('names cannot break the page', async () => {
  const evil = `<img src=x onerror="alert('1')">/&`;
  const { page } = await report({
    classes: ['background', evil, 'x'],
    sets: ['<b>set'],
    idOf: (i) => `${evil}${i}`,
    cases: 3,
  });
  expect(page).not.toContain('<img src=x');
  expect(page).not.toContain('<b>set');
  expect(page).toContain('&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62;/&#38;0');
  expect(page).toContain('differentiable from &#60;loss&#62; to alpha');
  checkNesting(page);
});

test('fewer than ten cases: says so, and cannot tell', async () => {
  const few = methods.map((one) => ({ ...one, cases: 4 }));
  const { page } = await report(...few);
  expect(page).toContain('Cannot tell whether GenSeg helped');
  expect(page).toContain('<p class="caution">Only 4 scored cases from 4 patients');
});

test('a class that no case has is a dash; missed cases are told', async () => {
  const { page } = await report({
    classes: ['background', 'lung', 'heart'],
    misses: (i) => (i === 0 ? 64 : 0),
  });
  expect(page).toMatch(/Dice per class.*lung.*heart/);
  expect(page).toContain('–<small>–––</small>');
  expect(page).toContain('found nothing in 1 case that had something (Dice 0)');
  expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
});

test.each([
  ['config', 'not finished', ['To repeat it']],
  ['half', 'interrupted; genseg resume', ['Training', 'Architecture of the generator']],
] as const)('a run that only reached %s', async (reached, words, parts) => {
  const { page } = await report({ reached });
  expect(headings(page)).toEqual(expect.arrayContaining([...parts]));
  expect(headings(page)).not.toContain('Scores on test images');
  expect(page).toContain(words);
  expect(page).toContain('Not evaluated yet');
  expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
  checkNesting(page);
});

test('a run that failed says why', async () => {
  const { page } = await report({ reached: 'selfcheck' });
  expect(page).toContain('The run failed</p>\n<p>the self-check failed: &#60;exactness&#62;</p>');
  expect(page).toContain('✗ failed:</span> exactness');
});

test('a run that is not evaluated stands beside one that is', async () => {
  const { page } = await report({ method: 'augment', reached: 'half' }, { method: 'genseg' });
  expect(page).toContain('Not compared yet');
  expect(page.match(/<td class="n main">/g)).toHaveLength(1);
});

test('decisions that runs share are said once, others with their runs', async () => {
  const { page } = await report(...methods);
  expect(page.match(/images are stretched to this square/g)).toHaveLength(1);
  expect(page).toContain('<th scope="row">method <small>Augmentation</small></th><td>augment</td>');
  expect(page).toContain('genseg train &#39;/data/lungs &#38; more&#39; --out');
});

test('the same runs give the same page', async () => {
  const folder = await temporaryFolder();
  const root = fixtureRun(join(folder, 'run'));
  const pages = [];
  for (const name of ['a.html', 'b.html']) {
    await writeReport([root], join(folder, name));
    pages.push(readFileSync(join(folder, name), 'utf8'));
  }
  expect(pages[0]).toBe(pages[1]);
});

test('refuses a folder that is no run', async () => {
  await expect(writeReport(['nowhere'], 'report.html')).rejects.toThrow(DataError);
});

/** Images of several files, one for each channel: predicted from all of them, and drawn so that they can be trained on. */
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scope } from '@genseg/torch';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { inspect, loadCases } from '../src/data/index.ts';
import { runPaths } from '../src/run/index.ts';
import { loadModel, predictAll } from '../src/segmenter/index.ts';
import { genseg, jsonOf, quick, readJson } from './command-line.ts';
import { dataSet, picture, png, temporaryFolder } from './data/fixtures.ts';
import { discSamples, side } from './tiny.ts';

/** An nnU-Net data set of discs in so many channels, of which the first shows them best. */
function channelSet(channels: number): Promise<string> {
  const files: Record<string, unknown> = {
    'dataset.json': { labels: { background: 0, disc: 1 }, file_ending: '.png' },
  };
  for (const [i, { id, image, mask }] of discSamples('disc', 6).entries()) {
    files[`labelsTr/${id}.png`] = png(mask, { width: side });
    for (let c = 0; c < channels; c++) {
      const noise = picture(10 * i + c, { width: side, height: side });
      const data = Uint8Array.from(image, (v, p) => (255 * v + c * noise[p]) / (c + 1));
      files[`imagesTr/${id}_000${c}.png`] = png(data, { width: side });
    }
  }
  return dataSet(files);
}

test('the files of an image are predicted together; what lacks one is named and left out', async () => {
  const data = await channelSet(3);
  const folder = await temporaryFolder();
  const [run, masks, tiles] = ['run', 'masks', 'tiles'].map((name) => join(folder, name));
  const trained = await genseg('train', data, '--out', run, ...quick('plain', 20));
  expect(trained.code, trained.stderr).toBe(0);
  const given = join(data, 'imagesTr');
  rmSync(join(given, 'disc-4_0001.png'));
  const predicted = await genseg(
    ...['predict', run, given, '--out', masks, '--fast', '--probabilities', '--json'],
  );
  expect([predicted.code, predicted.stderr.split('\n')[0]]).toEqual([
    1,
    `error: ${join(given, 'disc-4')}: its files end in _0000, _0002 where the model was trained on _0000, _0001, _0002 of each image; give each of them once`,
  ]);
  const others = [0, 1, 2, 3, 5].map((i) => `disc-${i}`);
  expect(readdirSync(masks).sort()).toEqual(
    [...others.flatMap((id) => [`${id}.png`, `${id}_probability.png`]), 'predictions.csv'].sort(),
  );
  const { written, failed } = jsonOf(predicted) as Record<string, { image: string }[]>;
  expect(written.map(({ image }) => image)).toEqual(
    others.map((id) => join(given, `${id}_0000.png`)),
  );
  expect(failed.map(({ image }) => image)).toEqual([join(given, 'disc-4_0000.png')]);

  const { manifest } = await inspect(data);
  const cases = manifest.cases.filter(({ id }) => others.includes(id));
  const fingerprint = (readJson(run, 'manifest.json') as unknown as typeof manifest).fingerprint;
  using model = loadModel(runPaths(run).checkpoints.best, 'cpu');
  const samples = await loadCases(cases, manifest, { fingerprint });
  const use = { size: model.info.size, task: model.task };
  // In the passes of the command: oneDNN's kernels may differ by the number of images in the last bit.
  const passes = [samples.slice(0, 4), samples.slice(4)];
  const expected = passes.flatMap((pass) => scope(() => predictAll(model.model, pass, use)));
  for (const [i, { probabilities }] of expected.entries()) {
    const { data: levels } = decode(readFileSync(join(masks, `${samples[i].id}_probability.png`)));
    expect([...levels]).toEqual([...probabilities[0]].map((p) => Math.round(65535 * p)));
  }
  rmSync(join(given, 'disc-4_0000.png'));
  rmSync(join(given, 'disc-4_0002.png'));
  const tiled = await genseg('predict', run, given, '--out', tiles, '--tile');
  expect(tiled.code, tiled.stderr).toBe(0); // each image is one tile
  for (const id of others)
    expect(readFileSync(join(tiles, `${id}.png`))).toEqual(readFileSync(join(masks, `${id}.png`)));
}, 120_000);

test('synthetic images are read back with the channels of the training images', async () => {
  const data = await channelSet(4);
  // One image twice, which are one group and are not compared.
  for (const [path, copy] of [0, 1, 2, 3].map((c) => [`disc-0_000${c}`, `disc-00_000${c}`]))
    copyFileSync(join(data, 'imagesTr', `${path}.png`), join(data, 'imagesTr', `${copy}.png`));
  copyFileSync(join(data, 'labelsTr', 'disc-0.png'), join(data, 'labelsTr', 'disc-00.png'));
  const folder = await temporaryFolder();
  const [run, pairs] = ['run', 'pairs'].map((name) => join(folder, name));
  const trained = await genseg('train', data, '--out', run, ...quick('separate', 1));
  expect(trained.code, trained.stderr).toBe(0);
  const { train } = readJson(run, 'splits.json') as Record<string, string[]>;
  const together = ['disc-0', 'disc-00'].every((id) => train.includes(id));
  expect([together, readJson(run, 'audit', 'audit.json').leftOut]).toEqual([true, 1]);

  const generated = await genseg('generate', run, '--count', '5', '--out', pairs, '--json');
  expect(jsonOf(generated).pairs).toHaveLength(5);
  expect((jsonOf(generated).pairs as object[])[0]).toMatchObject({
    image: 'imagesTr/synthetic-00001_0000.png',
    mask: 'labelsTr/synthetic-00001.png',
  });
  const { manifest, problems } = await inspect(pairs);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(manifest).toMatchObject({
    layout: 'nnU-Net',
    classes: ['background', 'disc'],
    fingerprint: { channels: 4 },
  });
  const samples = await loadCases(manifest.cases, manifest);
  expect(samples.map(({ image }) => image.length)).toEqual(Array(5).fill(4 * side * side));
  expect(samples.every(({ mask }) => mask!.includes(1))).toBe(true);
}, 120_000);

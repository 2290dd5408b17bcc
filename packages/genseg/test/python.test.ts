/**
 * Every family beside PyTorch (golden/families.py), both ways: weights that PyTorch drew give the same logits in float32
 * and the same first training step in float64, and what is saved here loads there by name, strictly, and computes
 * the same.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, grad, loadSafetensors, noGrad, scope, type Tensor } from '@genseg/torch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Dropout,
  deepSupervisionLoss,
  familyNamed,
  type Segmenter,
  SGD,
  StochasticDepth,
  saveModel,
  valuesOf,
} from '../src/index.ts';
import { inDouble } from './golden.ts';
import { hasPython, python } from './python.ts';
import { checkLeaks } from './tiny.ts';

const script = join(import.meta.dirname, 'golden/families.py');
/** As there. */
const [rate, size, width] = [0.05, 64, 8];
const names = ['unet', 'deeplabv3', 'resunet', 'swin-unet'];

const folder = mkdtempSync(join(tmpdir(), 'families-'));
afterAll(() => rmSync(folder, { recursive: true }));
checkLeaks();

const read = (name: string) => loadSafetensors(join(folder, `${name}.safetensors`)).tensors;

/** The family's model with the weights that PyTorch drew, by their names, and nothing at random in it. */
function withModel(name: string, body: (model: Segmenter) => void): void {
  scope(() => {
    using generator = new Generator(0);
    using model = familyNamed(name).build(1, 1, {
      ...{ width, size, generator, dropoutGenerator: generator, device: 'cpu' },
    });
    model.loadStateDict(read(name)); // strict
    body(model);
  });
}

function withoutChance(model: Segmenter): void {
  for (const [, module] of model.modules())
    if (module instanceof Dropout || module instanceof StochasticDepth) module.eval();
}

const farthest = (got: Tensor, expected: Tensor): number =>
  got.sub(expected).abs().max().item() / Math.max(1, expected.abs().max().item());

describe.skipIf(!hasPython('torch', 'torchvision'))(
  'beside PyTorch (needs /usr/bin/python3, or PYTHON, with torch and torchvision)',
  () => {
    beforeAll(() => void python(script, 'begin', folder), 120_000);

    test.each(names)('%s: the same logits and the same first training step', (name) => {
      withModel(name, (model) => {
        const expected = read(`${name}-expected`);
        const image = expected.get('image')!;
        const mask = expected.get('mask')!.squeeze(1).to({ dtype: 'int64' });
        const logits = noGrad(() => model.eval().forward(image));
        expect(farthest(logits, expected.get('logits')!)).toBeLessThan(1e-5);

        saveModel(join(folder, name), model, {
          ...{ format: 'genseg-model/1', architecture: name, width, channels: 1, size },
          classes: ['background', 'disc'],
          fingerprint: {
            ...{ channels: 1, bits: 8, width: [size, size, size], height: [size, size, size] },
            intensity: { per: 'image', low: [0], high: [255] },
          },
        });

        // In float64, since DeepLabV3's first weights enlarge rounding about a thousandfold.
        withoutChance(model.train());
        inDouble(model);
        using optimizer = new SGD(model.parameters(), rate);
        const exact = image.to({ dtype: 'float64' });
        const outputs = model.forwardDeep?.(exact) ?? [model.forward(exact)];
        const loss = deepSupervisionLoss(outputs, mask);
        expect(Math.abs(loss.item() / expected.get('loss')!.item() - 1)).toBeLessThan(1e-9);
        optimizer.step(grad(loss, valuesOf(model.parameters())));
        const stepped = noGrad(() => model.eval().forward(exact));
        expect(farthest(stepped, expected.get('stepped')!)).toBeLessThan(1e-8);
      });
    });

    test('what is saved here, PyTorch loads in one line', () => {
      python(script, 'read', folder); // net.load_state_dict(load_file(path)), strict
      for (const name of names)
        scope(() => {
          const logits = read(`${name}-read`).get('logits')!;
          expect(farthest(logits, read(`${name}-expected`).get('logits')!), name).toBeLessThan(
            1e-5,
          );
        });
    }, 120_000);
  },
);

/** docs/how-to/pretrained-weights.md as a user follows it, with random weights in the place of downloaded ones. */
import { dirname, join } from 'node:path';
import { conv2d, loadSafetensors, scope, tensor } from '@genseg/torch';
import { describe, expect, test } from 'vitest';
import { discFolder, genseg, quick, readJson } from './command-line.ts';
import { temporaryFolder } from './data/fixtures.ts';
import { hasPython, python } from './python.ts';
import { checkLeaks } from './tiny.ts';

checkLeaks();

const exporter = join(import.meta.dirname, '../../../examples/pytorch/export_weights.py');

/** torchvision's ResNet-50 with statistics as if trained, and what its first layers make of a gray image. */
const makeResNet = `
import json, sys, torch, torchvision
torch.manual_seed(0)
net = torchvision.models.resnet50(weights=None).eval()
for name, value in net.named_buffers():
    if name.endswith("mean"): value.normal_(0, 0.1)
    if name.endswith("var"): value.uniform_(0.5, 2)
torch.save(net.state_dict(), sys.argv[1])
image = torch.rand(1, 1, 24, 24)
normalised = (image.expand(1, 3, 24, 24) - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
with torch.no_grad():
    features = net.bn1(net.conv1(normalised))
print(json.dumps([image.flatten().tolist(), features.flatten().tolist()]))
`;

/** One process for all, since starting torch is what takes long. */
const callExporter = `
import json, sys, torch
sys.path.insert(0, sys.argv[1])
import export_weights as e
x = torch.arange(6.0).reshape(2, 3)
state = e.state_of({"epoch": 3, "state_dict": {"module.a": x.t(), "module.b": x.bfloat16(), "steps": 7}})
e.save_safetensors(sys.argv[2], state)
refusals = []
for body in (lambda: e.take_gray_images(state), lambda: e.state_of([x]), lambda: e.state_of({"epoch": 3})):
    try:
        body()
    except SystemExit as refusal:
        refusals.append(str(refusal))
print(json.dumps(refusals))
`;

describe.skipIf(!hasPython('torch', 'torchvision'))(
  'with /usr/bin/python3, or PYTHON, that has torch and torchvision',
  () => {
    test('a ResNet-50 for ImageNet becomes the frozen encoder of DeepLabV3 for gray images', async () => {
      const folder = await temporaryFolder();
      const [checkpoint, weights, run] = ['resnet50.pth', 'resnet50.safetensors', 'run'].map(
        (name) => join(folder, name),
      );
      const [pixels, features] = JSON.parse(python('-c', makeResNet, checkpoint)) as number[][];
      expect(python(exporter, checkpoint, weights, '--imagenet', '--gray')).toMatch(/320 tensors/);
      scope(() => {
        const { tensors } = loadSafetensors(weights);
        const of = (name: string) => tensors.get(name)!;
        const image = tensor(pixels, { shape: [1, 1, 24, 24] });
        const convolved = conv2d(image, of('conv1.weight'), {
          ...{ stride: 2, padding: 3 },
        });
        const each = (name: string) => of(`bn1.${name}`).reshape([1, 64, 1, 1]);
        const made = convolved
          .sub(each('running_mean'))
          .div(each('running_var').add(1e-5).sqrt())
          .mul(each('weight'))
          .add(each('bias'));
        const expected = tensor(features, { shape: [1, 64, 12, 12] });
        // Padding is black here and the mean colour there, so the two outermost rows and columns differ.
        const inner = made.sub(expected).narrow(2, 2, 8).narrow(3, 2, 8);
        expect(inner.abs().max().item()).toBeLessThan(1e-5 * expected.abs().max().item());
      });

      const trained = await genseg(
        ...['train', await discFolder('disc', 6), '--out', run, ...quick('augment', 1)],
        ...['--model', 'deeplabv3', '--preset', 'paper', '--weights', weights],
        ...['--stage-lr', 'encoder=0', '--stage-lr', 'decoder=10'],
      );
      expect(trained.code, trained.stderr).toBe(0);
      const { decisions } = readJson(run, 'plan.json') as {
        decisions: { name: string; value: string; reason: string }[];
      };
      const decided = (name: string) => decisions.find((one) => one.name === name)!;
      expect(decided('learning rate of encoder').value).toBe('frozen');
      expect(decided('weights').reason).toMatch(
        /^318 of 362 tensors are from it, such as backbone\.conv1\.weight, there conv1\.weight; .*not used: fc\.weight/,
      );
      scope(() => {
        const given = loadSafetensors(weights).tensors;
        const { tensors } = loadSafetensors(join(run, 'checkpoints/best/model.safetensors'));
        const encoder = [...tensors].filter(([name]) => name.startsWith('backbone.'));
        expect(encoder).toHaveLength(318);
        for (const [name, value] of encoder) {
          const same = value
            .eq(given.get(name.slice('backbone.'.length))!)
            .all()
            .item();
          expect([name, same]).toEqual([name, true]);
        }
      });
    }, 240_000);

    test('checkpoints of training scripts are read too, and others are refused with the mend', async () => {
      const path = join(await temporaryFolder(), 'a.safetensors');
      const refusals = JSON.parse(python('-c', callExporter, dirname(exporter), path));
      expect(refusals).toEqual([
        expect.stringMatching(/no convolution of three channels/),
        expect.stringMatching(/expected a state dict, got list: save model\.state_dict\(\)/),
        expect.stringMatching(/there are no tensors in it, only epoch/),
      ]);
      scope(() => {
        const { tensors } = loadSafetensors(path);
        expect(tensors.get('module.a')!.toArray()).toEqual([0, 3, 1, 4, 2, 5]);
        expect(tensors.get('module.b')!.toArray()).toEqual([0, 1, 2, 3, 4, 5]);
      });
    }, 120_000);
  },
);

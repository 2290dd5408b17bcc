// @ts-check
// What each family of models costs at 128 px: parameters, FLOPs, memory and time of a training step.
//
//   node bench/models.mjs             prints it: a minute or two
//   node bench/models.mjs --write     also into docs/reference/models.md

import { parseArgs } from 'node:util';
import {
  configure,
  Generator,
  grad,
  memory,
  rand,
  resetPeakMemory,
  scope,
  startProfile,
} from '@genseg/torch';
import { AdamW, deepSupervisionLoss, familyNamed, median, valuesOf } from 'genseg';
import { machineLine, table, writeBetween } from './lib/report.mjs';

const { write = false } = parseArgs({ options: { write: { type: 'boolean' } } }).values;
const SIZE = 128;
const BATCH = 4;
const STEPS = 5; // timed, after one that is not
const MODELS = ['unet', 'deeplabv3', 'resunet', 'swin-unet'];
/** Of the presets `fast` and `paper`. */
const WIDTHS = [16, 64];

/**
 * @param {string} name
 * @param {number} width of the preset
 */
function measure(name, width) {
  const generator = new Generator(0);
  const model = scope(() =>
    familyNamed(name).build(1, 1, {
      ...{ width, size: SIZE, device: 'cpu' },
      ...{ generator, dropoutGenerator: generator },
    }),
  );
  const optimizer = scope(() => new AdamW(model.parameters(), 1e-3));
  const parameters = model.parameters().reduce((sum, { value }) => sum + value.numel, 0);
  model.eval();
  const profile = startProfile();
  scope(() => void model.forward(rand([1, 1, SIZE, SIZE], { generator }))); // what is returned would stay
  const flops = profile.stop().operators.reduce((sum, { flops }) => sum + (flops ?? 0), 0);
  model.train();
  const step = () =>
    scope(() => {
      const image = rand([BATCH, 1, SIZE, SIZE], { generator });
      const mask = image.squeeze(1).gt(0.5).to({ dtype: 'int64' });
      const outputs = model.forwardDeep?.(image) ?? [model.forward(image)];
      const loss = deepSupervisionLoss(outputs, mask);
      optimizer.step(grad(loss, valuesOf(model.parameters())));
    });
  step();
  resetPeakMemory();
  const times = Array.from({ length: STEPS }, () => {
    const start = process.cpuUsage();
    step();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  const { peak } = memory();
  optimizer.dispose();
  model.dispose();
  return { name, width, parameters, flops, peak, time: median(times) };
}

/** @param {number} value @param {number} digits */
const number = (value, digits) => value.toFixed(digits);

configure({ threads: 1 }); // so that processor time is time, and other work on the machine no part of it
const rows = MODELS.flatMap((name) => WIDTHS.map((width) => measure(name, width)));
const text = [
  `${machineLine()}; one thread, fp32. Gray images of ${SIZE} px, one plane; \`--preset\` \`fast\` is width ` +
    `${WIDTHS[0]}, \`paper\` ${WIDTHS[1]}. FLOPs are those of one image forward, a multiply-add being two. A step is one of ` +
    `AdamW on ${BATCH} images, its time that of the processor; memory is the largest that its tensors reach, weights and optimiser included.`,
  table(
    ['`--model`', 'width', 'parameters', 'GFLOPs', 'step, MiB', 'step, ms'],
    rows.map(({ name, width, parameters, flops, peak, time }) => [
      `\`${name}\``,
      String(width),
      parameters.toLocaleString('en'),
      number(flops / 1e9, 2),
      number(peak / 2 ** 20, 0),
      number(time, 0),
    ]),
  ),
].join('\n\n');
console.log(text);
if (write)
  writeBetween(
    'node bench/models.mjs',
    text,
    new URL('../docs/reference/models.md', import.meta.url),
  );

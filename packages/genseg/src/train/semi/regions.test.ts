/**
 * Semi-supervised losses of regions, which overlap and are decided one by one: every method beside its equation in
 * plain numbers, on networks with one weight and one bias a region.
 */
import { Generator, noGrad, scope, type Tensor, tensor } from '@genseg/torch';
import { afterAll, expect, test } from 'vitest';
import { mean, plainDiceLoss, sigmoid, softplus, sum } from '../../../test/numeric.ts';
import { checkLeaks, tinySession } from '../../../test/tiny.ts';
import { ignoredClass } from '../../classes.ts';
import { Conv2d, regionTask, type Task, valuesOf } from '../../nn/index.ts';
import { methods } from '../method.ts';
import { coTraining } from './co-training.ts';
import { crossTeaching } from './cross-teaching.ts';
import { meanTeacher } from './mean-teacher.ts';
import { mutualCorrection } from './mutual-correction.ts';

/** A line z = w x + b for each region. */
type Lines = readonly (readonly [w: number, b: number])[];

const regions: Task = regionTask([
  { name: 'whole', classes: [1, 2], paints: 2 },
  { name: 'core', classes: [1], paints: 1 },
]);

function pointwise(lines: Lines): Conv2d {
  return scope(() => {
    const conv = new Conv2d(1, lines.length, 1, { generator: new Generator(0) });
    const [weight, bias] = valuesOf(conv.parameters());
    noGrad(() => {
      weight.copy_(tensor(lines.map(([w]) => w)).reshape(weight.shape));
      bias.copy_(tensor(lines.map(([, b]) => b)));
    });
    return conv;
  });
}
const own: Lines = [
  [3, -1],
  [5, -3],
];
const other: Lines = [
  [-2, 0.5],
  [4, -1],
];
const networks = [pointwise(own), pointwise(other)] as const;
afterAll(() => {
  for (const network of networks) network.dispose();
});
checkLeaks();

const xs = [0.05, 0.3, 0.6, 0.9, 0.2, 0.45, 0.7, 0.1];
const us = [0.15, 0.5, 0.75, 0.95, 0.35, 0.25, 0.65, 0.8];
const ids = [0, 2, 1, 1, 0, 2, 1, 0];
const images = (values: readonly number[]): Tensor => tensor([...values], { shape: [2, 1, 2, 2] });
const unchanged = (image: Tensor): Tensor => image;

const batch = (mask: readonly number[] = ids, task = regions) => ({
  real: {
    image: images(xs),
    mask: tensor([...mask], { shape: [2, 2, 2] }).to({ dtype: 'int64' }),
    ids: ['a', 'b'],
  },
  unlabelled: { image: images(us), ids: ['u', 'v'] },
  task,
});

/** Zeros and ones of a region over the pixels of a mask. */
const inRegion = (k: number, mask = ids) =>
  mask.map((id) => Number(regions.planes[k].includes(id)));
const line =
  ([w, b]: readonly [number, number]) =>
  (x: number) =>
    w * x + b;
const p = (lines: Lines, k: number) => (x: number) => sigmoid(line(lines[k])(x));
/** The mean over both regions. */
const overRegions = (term: (k: number) => number) => mean([0, 1].map(term));

/** Cross-entropy and Dice loss, each a mean over regions. */
const supervised = (lines: Lines): number =>
  overRegions((k) => {
    const t = inRegion(k);
    const z = xs.map(line(lines[k]));
    const entropy = mean(z.map((value, i) => softplus(value) - t[i] * value));
    return entropy + plainDiceLoss(z.map(sigmoid), t);
  });

test('mean teacher: the squared difference of each region from the teacher', () => {
  scope(() => {
    const losses = meanTeacher().losses(networks, batch(), unchanged);
    expect(losses.supervised.item()).toBeCloseTo(supervised(own), 5);
    const expected = overRegions((k) => mean(us.map((u) => (p(own, k)(u) - p(other, k)(u)) ** 2)));
    expect(losses.unsupervised.item()).toBeCloseTo(expected, 6);
  });
});

test('cross teaching: the regions that one decides for are the mask of the other, the first no background', () => {
  scope(() => {
    const { unsupervised } = crossTeaching().losses(networks, batch(), unchanged);
    const taught = (learner: Lines, teacher: Lines) =>
      overRegions((k) =>
        plainDiceLoss(
          us.map(p(learner, k)),
          us.map((u) => Number(line(teacher[k])(u) > 0)),
        ),
      );
    expect(unsupervised.item()).toBeCloseTo(taught(own, other) + taught(other, own), 5);
  });
});

test('deep co-training: agreement by region, and one attack on all regions together', () => {
  scope(() => {
    const { unsupervised } = coTraining().losses(networks, batch(), unchanged);
    const h = (q: number) => -q * Math.log(q) - (1 - q) * Math.log(1 - q);
    const divergence = overRegions((k) =>
      mean(
        us.map((u) => {
          const [a, b] = [p(own, k)(u), p(other, k)(u)];
          return h((a + b) / 2) - (h(a) + h(b)) / 2;
        }),
      ),
    );
    /** H(p_i(x), p_j(g_i(x))), the mean of labelled and unlabelled images. */
    const withstands = (attacker: Lines, defender: Lines) => {
      const term = (x: number, t: readonly number[]) => {
        const slope = sum(attacker.map(([w], k) => (p(attacker, k)(x) - t[k]) * w));
        const moved = Math.min(1, Math.max(0, x + 0.02 * Math.sign(slope)));
        return overRegions((k) => {
          const z = line(defender[k])(moved);
          return softplus(z) - p(attacker, k)(x) * z;
        });
      };
      const labelled = mean(xs.map((x, i) => term(x, [inRegion(0)[i], inRegion(1)[i]])));
      const decided = (u: number) => attacker.map((_, k) => Number(line(attacker[k])(u) > 0));
      return (labelled + mean(us.map((u) => term(u, decided(u))))) / 2;
    };
    const expected = 10 * divergence + 0.5 * (withstands(own, other) + withstands(other, own));
    expect(unsupervised.item()).toBeCloseTo(expected, 4);
  });
});

test('mutual correction: regions are disputed one by one, and only where there is a label', () => {
  const unlabelledAt = 2; // disputed in the first region: 3 x - 1 > 0 > -2 x + 0.5
  const mask = ids.map((id, i) => (i === unlabelledAt ? ignoredClass : id));
  scope(() => {
    const correct = (weight: number) =>
      mutualCorrection({ correctionWeight: weight })
        .losses(networks, batch(mask, { ...regions, partial: true }), unchanged)
        .supervised.item();
    const disputed = [0, 1].flatMap((k) =>
      xs.flatMap((x, i) => {
        const differs = line(own[k])(x) > 0 !== line(other[k])(x) > 0;
        return differs && i !== unlabelledAt ? [{ k, x, t: inRegion(k)[i] }] : [];
      }),
    );
    expect(new Set(disputed.map(({ k }) => k)).size).toBe(2);
    const corrected = (lines: Lines) =>
      mean(disputed.map(({ k, x, t }) => (p(lines, k)(x) - t) ** 2));
    expect(correct(1) - correct(0)).toBeCloseTo(corrected(own) + corrected(other), 5);
  });
});

test('mutual correction: the better over all regions teaches each, sharpened', () => {
  scope(() => {
    const dice = (lines: Lines) =>
      overRegions((k) => plainDiceLoss(xs.map(p(lines, k)), inRegion(k)));
    expect(dice(own)).toBeLessThan(dice(other)); // so the first teaches
    const sharp = (q: number) => q ** 10 / (q ** 10 + (1 - q) ** 10);
    const expected = overRegions((k) =>
      mean(us.map((u) => (p(other, k)(u) - sharp(p(own, k)(u))) ** 2)),
    );
    const { unsupervised } = mutualCorrection().losses(networks, batch(), unchanged);
    expect(unsupervised.item()).toBeCloseTo(expected, 6);
  });
});

test.each(methods.filter(({ semiSupervision }) => semiSupervision !== null))(
  '$name: a session steps on regions and masks with unlabelled halves',
  (method) => {
    using tiny = tinySession(method, {
      classes: 3,
      task: { ...regions, partial: true },
      halved: true,
    });
    for (let i = 0; i < 2; i++)
      for (const [, loss] of tiny.session.trainStep().losses)
        expect(Number.isFinite(loss)).toBe(true);
  },
);

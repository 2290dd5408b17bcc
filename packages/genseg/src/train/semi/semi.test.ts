/** Every semi-supervised loss beside its paper's equation in plain numbers, on networks of one weight and one bias. */
import { Generator, grad, noGrad, scope, type Tensor, tensor } from '@genseg/torch';
import { afterAll, expect, test } from 'vitest';
import { binaryLoss, mean, plainDiceLoss, sigmoid, softplus } from '../../../test/numeric.ts';
import { checkLeaks, tinyRecipe, tinySession } from '../../../test/tiny.ts';
import { Conv2d, classTask, valuesOf } from '../../nn/index.ts';
import { SGD } from '../../optim/index.ts';
import { families } from '../../segmenter/family.ts';
import { methodNamed, methods } from '../method.ts';
import type { Pairs } from '../pairs.ts';
import { adversarial, coTraining, disagreement, entropy } from './co-training.ts';
import { crossTeaching } from './cross-teaching.ts';
import { meanTeacher } from './mean-teacher.ts';
import { correction, mutualCorrection, sharpened } from './mutual-correction.ts';
import { semiSupervisedProblem } from './problem.ts';
import { rampUp, type SemiBatch } from './semi-supervision.ts';

/** Logits w x + b of gray images. */
function pointwise(w: number, b: number): Conv2d {
  return scope(() => {
    const conv = new Conv2d(1, 1, 1, { generator: new Generator(0) });
    const [weight, bias] = valuesOf(conv.parameters());
    noGrad(() => {
      weight.fill_(w);
      bias.fill_(b);
    });
    return conv;
  });
}
const first = pointwise(3, -1);
const second = pointwise(-2, 0.5);
const twin = pointwise(5, -2.6);
const owned = [first, second, twin];
afterAll(() => {
  for (const one of owned) one.dispose();
});
checkLeaks();

const binary = classTask(2);
const shape = [2, 1, 2, 2];
const xs = [0.05, 0.3, 0.6, 0.9, 0.2, 0.45, 0.7, 0.1];
const us = [0.15, 0.5, 0.75, 0.95, 0.35, 0.25, 0.65, 0.8];
const ts = [0, 0, 1, 1, 0, 1, 1, 0];
const images = (values: readonly number[]): Tensor => tensor([...values], { shape });
const real = (): Pairs => ({
  image: images(xs),
  mask: tensor(ts, { shape: [2, 2, 2] }).to({ dtype: 'int64' }),
  ids: ['a', 'b'],
});
const batch = (): SemiBatch => ({
  real: real(),
  unlabelled: { image: images(us), ids: ['u', 'v'] },
  task: binary,
});
const unchanged = (image: Tensor): Tensor => image;

const z1 = (x: number) => 3 * x - 1;
const z2 = (x: number) => -2 * x + 0.5;
const bothSupervised = (): number =>
  binaryLoss(first.forward(images(xs)), real().mask) +
  binaryLoss(second.forward(images(xs)), real().mask);

/** Whether the loss depends on the weights of a network. */
const teaches = (loss: Tensor, network: Conv2d): boolean =>
  grad(loss, valuesOf(network.parameters()), { allowUnused: true, retainGraph: true }).some(
    (gradient) => gradient !== null && gradient.abs().sum().item() > 0,
  );

test('the weight grows from e^-5 to 1 along a half bell', () => {
  expect(rampUp(0, 100)).toBeCloseTo(Math.exp(-5), 12);
  expect(rampUp(50, 100)).toBeCloseTo(Math.exp(-1.25), 12);
  expect(rampUp(100, 100)).toBe(1);
  expect(rampUp(150, 100)).toBe(1);
});

test('mean teacher: the squared difference from the teacher, which learns nothing from it', () => {
  scope(() => {
    const { supervised, unsupervised } = meanTeacher().losses([first, second], batch(), unchanged);
    expect(supervised.item()).toBeCloseTo(binaryLoss(first.forward(images(xs)), real().mask), 5);
    const expected = mean(us.map((u) => (sigmoid(z1(u)) - sigmoid(z2(u))) ** 2));
    expect(unsupervised.item()).toBeCloseTo(expected, 6);
    expect(teaches(unsupervised, first)).toBe(true);
    expect(teaches(unsupervised, second)).toBe(false);
  });
});

test('mean teacher: student and teacher see other colours of the same image', () => {
  scope(() => {
    let calls = 0;
    const recolour = (image: Tensor) => image.add(0.1 * calls++);
    const { unsupervised } = meanTeacher().losses([first, first], batch(), recolour);
    const expected = mean(us.map((u) => (sigmoid(z1(u)) - sigmoid(z1(u + 0.1))) ** 2));
    expect(unsupervised.item()).toBeCloseTo(expected, 6);
    expect(calls).toBe(2);
  });
});

test('the teacher is the moving average of the student, step for step', () => {
  using tiny = tinySession(methodNamed('mean-teacher'));
  const { segmenter, partner } = tiny.session;
  const weights = (model: typeof segmenter) =>
    model.parameters().flatMap(({ value }) => value.toArray());
  const at: number[][] = [weights(segmenter)];
  expect(weights(partner!)).toEqual(at[0]);
  for (let i = 0; i < 2; i++) {
    tiny.session.trainStep();
    at.push(weights(segmenter));
  }
  // d = 1 - 1 / (step + 1) so early: the mean of the weights so far.
  weights(partner!).forEach((value, i) => {
    expect(value).toBeCloseTo((at[0][i] + at[1][i] + at[2][i]) / 3, 5);
  });
});

test('deep co-training: the divergence is 0 of equals, ln 2 of opposites', () => {
  scope(() => {
    const plane = (p: number) => images(Array(8).fill(p));
    const two = (p: number) =>
      tensor(
        [0, 1].flatMap(() => [...Array(4).fill(p), ...Array(4).fill(1 - p)]),
        { shape: [2, 2, 2, 2] },
      );
    for (const [of, task] of [
      [plane, binary],
      [two, classTask(3)],
    ] as const) {
      expect(entropy(of(0.5), task).item()).toBeCloseTo(Math.log(2), 6);
      expect(disagreement(of(0.3), of(0.3), task).item()).toBeCloseTo(0, 6);
      expect(disagreement(of(0), of(1), task).item()).toBeCloseTo(Math.log(2), 5);
      const h = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
      const expected = h(0.4) - (h(0.2) + h(0.6)) / 2;
      expect(disagreement(of(0.2), of(0.6), task).item()).toBeCloseTo(expected, 6);
    }
  });
});

test('deep co-training: an adversarial image moves to where the loss grows, and stays an image', () => {
  scope(() => {
    const image = images(xs);
    const target = images(ts);
    const moved = (network: Conv2d, size: number) =>
      adversarial(network, image, { target, size, task: binary }).toArray();
    const slope = (t: number, w: number) => (t === 1 ? -Math.sign(w) : Math.sign(w));
    for (const [network, w] of [
      [first, 3],
      [second, -2],
    ] as const) {
      moved(network, 0.02).forEach((value, i) => {
        expect(value).toBeCloseTo(xs[i] + 0.02 * slope(ts[i], w), 6);
      });
      const far = moved(network, 10);
      expect([...new Set(far)].sort()).toEqual([0, 1]);
    }
  });
});

test('deep co-training: agreement, and resistance to the attacks on the other', () => {
  scope(() => {
    const { supervised, unsupervised } = coTraining().losses([first, second], batch(), unchanged);
    expect(supervised.item()).toBeCloseTo(bothSupervised(), 5);
    const h = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    const divergence = mean(
      us.map((u) => {
        const [p, q] = [sigmoid(z1(u)), sigmoid(z2(u))];
        return h((p + q) / 2) - (h(p) + h(q)) / 2;
      }),
    );
    const attacked = (x: number, t: number, w: number) =>
      x + 0.02 * (t === 1 ? -Math.sign(w) : Math.sign(w));
    /** H(p_i(x), p_j(g_i(x))), the mean of labelled and unlabelled images. */
    const resists = (own: typeof z1, w: number, other: typeof z1) => {
      const term = (x: number, t: number) => {
        const z = other(attacked(x, t, w));
        return softplus(z) - sigmoid(own(x)) * z;
      };
      const labelled = mean(xs.map((x, i) => term(x, ts[i])));
      return (labelled + mean(us.map((u) => term(u, own(u) > 0 ? 1 : 0)))) / 2;
    };
    const expected = 10 * divergence + 0.5 * (resists(z1, 3, z2) + resists(z2, -2, z1));
    expect(unsupervised.item()).toBeCloseTo(expected, 4);
    expect([first, second].map((network) => teaches(unsupervised, network))).toEqual([true, true]);
  });
});

test('mutual correction: sharpening is p^(1/T), normalised, for one plane and for classes', () => {
  scope(() => {
    const ps = [0.1, 0.4, 0.5, 0.6, 0.8, 0.9, 0.3, 0.7];
    expect(sharpened(images(ps), 1, binary).toArray()[4]).toBeCloseTo(0.8, 6);
    sharpened(images(ps), 0.5, binary)
      .toArray()
      .forEach((value, i) => {
        expect(value).toBeCloseTo(ps[i] ** 2 / (ps[i] ** 2 + (1 - ps[i]) ** 2), 6);
      });
    const classes = tensor([0.5, 0.3, 0.2], { shape: [1, 3, 1, 1] });
    const squares = [0.25, 0.09, 0.04];
    sharpened(classes, 0.5, classTask(3))
      .toArray()
      .forEach((value, c) => {
        expect(value).toBeCloseTo(squares[c] / 0.38, 6);
      });
  });
});

test('mutual correction: only disputed pixels are corrected, and none is no error', () => {
  scope(() => {
    const p = images(xs);
    const truth = images(ts);
    const found = correction(p, truth, images([1, 0, 0, 0, 0, 1, 0, 0])).item();
    expect(found).toBeCloseTo((0.05 ** 2 + 0.55 ** 2) / 2, 6);
    expect(correction(p, truth, images(Array(8).fill(0))).item()).toBe(0);
  });
});

test('mutual correction: the better on labelled images teaches the other, sharpened', () => {
  scope(() => {
    const dice = (z: typeof z1) =>
      plainDiceLoss(
        xs.map((x) => sigmoid(z(x))),
        ts,
      );
    expect(dice(z1)).toBeLessThan(dice(z2)); // so the first teaches
    const sharp = (p: number) => p ** 10 / (p ** 10 + (1 - p) ** 10);
    const expected = mean(us.map((u) => (sigmoid(z2(u)) - sharp(sigmoid(z1(u)))) ** 2));
    const disputed = xs.flatMap((x, i) => (z1(x) > 0 !== z2(x) > 0 ? [i] : []));
    expect(disputed.length).toBeGreaterThan(0);
    const corrected = (z: typeof z1) => mean(disputed.map((i) => (sigmoid(z(xs[i])) - ts[i]) ** 2));
    for (const [networks, learner, teacher] of [
      [[first, second], second, first],
      [[second, first], second, first],
    ] as const) {
      const { supervised, unsupervised } = mutualCorrection().losses(networks, batch(), unchanged);
      const extra = 0.5 * (corrected(z1) + corrected(z2));
      expect(supervised.item()).toBeCloseTo(bothSupervised() + extra, 5);
      expect(unsupervised.item()).toBeCloseTo(expected, 6);
      expect(teaches(unsupervised, learner)).toBe(true);
      expect(teaches(unsupervised, teacher)).toBe(false);
    }
  });
});

test('cross teaching: each learns from the classes of the other by the Dice loss', () => {
  scope(() => {
    const { supervised, unsupervised } = crossTeaching().losses(
      [first, second],
      batch(),
      unchanged,
    );
    expect(supervised.item()).toBeCloseTo(bothSupervised(), 5);
    const taught = (own: typeof z1, other: typeof z1) =>
      plainDiceLoss(
        us.map((u) => sigmoid(own(u))),
        us.map((u) => (other(u) > 0 ? 1 : 0)),
      );
    expect(unsupervised.item()).toBeCloseTo(taught(z1, z2) + taught(z2, z1), 5);
    expect([first, second].map((network) => teaches(unsupervised, network))).toEqual([true, true]);
  });
});

test('the loss of a step is the supervised, and the unsupervised by its weight and ramp', () => {
  scope(() => {
    using optimizer = new SGD(first.parameters(), 0);
    const semi = meanTeacher({ weight: 7 });
    const problem = semiSupervisedProblem([first, twin], optimizer, {
      semi,
      task: binary,
      draw: () => ({ real: batch().real, synthetic: null, unlabelled: batch().unlabelled }),
      recolour: unchanged,
      steps: 4,
      generators: [],
      compute: undefined,
    });
    const { supervised, unsupervised } = semi.losses([first, twin], batch(), unchanged);
    for (const done of [0, 1, 2]) {
      const weight = 7 * Math.exp(-5 * (1 - done / 4) ** 2);
      const { loss } = problem.step();
      expect(loss()).toBeCloseTo(supervised.item() + weight * unsupervised.item(), 5);
    }
  });
});

test('the second network is of the kind that the method asks for, whatever the first is', () => {
  const partners = (name: 'mean-teacher' | 'dct' | 'mcf' | 'ctbct') =>
    families.map((family) => methodNamed(name).semiSupervision!.partnerOf(family).name);
  const own = families.map(({ name }) => name);
  expect(own).toEqual(['unet', 'deeplabv3', 'deeplabv3-aux', 'resunet', 'swin-unet']);
  expect(partners('mean-teacher')).toEqual(own);
  expect(partners('dct')).toEqual(own);
  expect(partners('mcf')).toEqual(['resunet', 'unet', 'unet', 'unet', 'unet']);
  expect(partners('ctbct')).toEqual(['swin-unet', 'swin-unet', 'swin-unet', 'swin-unet', 'unet']);
});

test('several classes: every method steps, on losses that are finite', () => {
  for (const method of methods.filter(({ semiSupervision }) => semiSupervision !== null)) {
    using tiny = tinySession(method, { classes: 3, recipe: tinyRecipe });
    for (const [, loss] of tiny.session.trainStep().losses)
      expect(Number.isFinite(loss), method.name).toBe(true);
  }
});

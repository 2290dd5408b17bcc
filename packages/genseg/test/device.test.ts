/** Training on a device that is not the CPU: a device in software stands in for a GPU. */
import {
  configure,
  type Device,
  environment,
  Generator,
  grad,
  normaliseBatch,
  randn,
  scope,
  type Tensor,
  tensor,
} from '@genseg/torch';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { softwareDevice } from '../../torch/test/device/device.ts';
import type { CaptureWork } from '../src/mlo/index.ts';
import { balancedWeights, classTask } from '../src/nn/index.ts';
import { familyNamed } from '../src/segmenter/index.ts';
import { genseg, type Method, methods, plain, type Session, separate } from '../src/train/index.ts';
import { temporaryFolder } from './data/fixtures.ts';
import { stateHash, type TinyOptions, tinySession } from './tiny.ts';

const built = softwareDevice();
const device = built!;

describe.skipIf(built === null)('a device that is not the CPU', () => {
  // Dropout draws in the order of memory, which is that of the device here.
  const { imageLayout } = environment();
  beforeAll(() => configure({ imageLayout: 'contiguous' }));
  afterAll(() => configure({ imageLayout }));

  describe('the device in software', () => {
    const far = (values: number[]): Tensor => tensor(values, { device: device.name });

    test('computes as the CPU, and mixes with it as little as a GPU does', () => {
      scope(() => {
        expect(
          far([1, 2])
            .mul(far([3, 4]))
            .add(1)
            .toArray(),
        ).toEqual([4, 9]);
        expect(() => far([1, 2]).mul(tensor([3, 4]))).toThrow(/same device|of the CPU/);
      });
    });

    test('counts what it is asked for, and what the host waits for', () => {
      scope(() => {
        const x = far([1, 2]);
        device.look();
        x.mul(2).sum().item();
        expect(device.look()).toEqual({ operators: 2, reads: 1, blocking: 0 });
        tensor([1, 2]).to({ device: device.name });
        expect(device.look()).toEqual({ operators: 0, reads: 0, blocking: 1 });
      });
    });

    test('does captured work again, and refuses what a graph cannot do', () => {
      scope(() => {
        const x = far([1, 2]);
        const capture = <T>(body: () => T) => device.capture(body, { generators: [] });
        const { graph, result } = capture(() => scope(() => x.mul(2).add(1)));
        x.copy_(far([5, 6]));
        graph.replay();
        expect(result.toArray()).toEqual([11, 13]);
        graph.dispose();
        expect(() => capture(() => x.sum().item())).toThrow(/the host read/);
        expect(() => capture(() => far([1]))).toThrow(/came from the host/);
      });
    });
  });

  test('batch normalisation of bfloat16 has the derivatives of float32', () => {
    scope(() => {
      using generator = new Generator(3);
      const half = randn([3, 5, 9, 8], { generator }).mul(2).add(1).to({ dtype: 'bfloat16' });
      const channels = [0, 1].map(() => randn([5], { generator }));
      const derivatives = (place: Device, dtype: 'bfloat16' | 'float32') => {
        const [x, w, b] = [half.to({ dtype }), ...channels].map((t) =>
          t.to({ device: place }).requiresGrad_(),
        );
        const wide = (t: Tensor) => t.to({ dtype: 'float32' });
        const y = wide(normaliseBatch(x, w, b));
        const first = grad(y.square().mul(y.tanh()).sum(), [x, w, b], { createGraph: true });
        const mixed = first.map((g) => wide(g).square().sum()).reduce((sum, one) => sum.add(one));
        const second = grad(mixed, [x, w, b]);
        return [y, ...first, ...second].map((t) => wide(t.detach()).to({ device: 'cpu' }));
      };
      const expected = derivatives('cpu', 'float32');
      for (const [i, found] of derivatives(device.name, 'bfloat16').entries()) {
        const apart = found.sub(expected[i]).square().sum().sqrt().item();
        expect(apart / expected[i].square().sum().sqrt().item(), `result ${i}`).toBeLessThan(0.02);
      }
    });
  });

  /** Losses of three steps of level I, where there is one, and of four of the others; and what each step did. */
  function trained(method: Method, options: TinyOptions = {}) {
    using tiny = tinySession(method, options);
    const { session } = tiny;
    const steps = [
      ...Array(session.synthesis ? 3 : 0).fill(() => session.pretrainStep()),
      ...Array(4).fill(() => session.trainStep()),
    ];
    const looks = [];
    const losses: number[] = [];
    for (const step of steps) {
      device.look();
      const taken = step();
      looks.push({ upper: taken.hypergradientNorms !== undefined, ...device.look() });
      losses.push(...taken.losses.values());
    }
    return { losses, looks };
  }

  /** The first step's to rounding, the later ones' as far as steps let that grow. */
  const expectClose = (some: readonly number[], others: readonly number[], within = 1e-3) => {
    expect(some).toHaveLength(others.length);
    expect(some[0] / others[0]).toBeCloseTo(1, 5);
    for (const [i, one] of some.entries())
      expect(Math.abs(one / others[i] - 1)).toBeLessThan(within);
  };

  test.each(methods.map((method) => [method.name, method] as const))(
    '%s trains there as on the CPU, and no step waits for the device',
    (_, method) => {
      const there = trained(method, { device: device.name });
      expectClose(there.losses, trained(method).losses);
      // Mutual correction asks which network does better. A step of level III ends in one reading of its loss and one of
      // the hypergradient's lengths, and begins with those of the steps before it.
      const reads = method.name === 'mcf' ? 2 : 0;
      for (const look of there.looks)
        expect(look).toMatchObject({ reads: look.upper ? 5 : reads, blocking: 0 });
      expect(there.looks.some(({ upper }) => upper)).toBe(method.feedback);
    },
  );

  test.each(['deeplabv3', 'deeplabv3-aux', 'resunet', 'swin-unet'])(
    '%s trains there as on the CPU',
    (name) => {
      const family = familyNamed(name);
      const { losses, looks } = trained(genseg, { family, device: device.name });
      // DeepLab normalises channels that have but a value for each image.
      expectClose(losses, trained(genseg, { family }).losses, 0.05);
      for (const { upper, ...look } of looks)
        expect(look).toMatchObject({ reads: upper ? 5 : 0, blocking: 0 });
    },
  );

  describe('steps from captures', () => {
    const task = classTask(2);

    const trainedOn = async (
      method: Method,
      { steps = 16, ...options }: TinyOptions & { steps?: number } = {},
    ) => {
      const warnings: string[] = [];
      const sessions: Session[] = [];
      const replayed = vi.fn();
      const captureWork: CaptureWork = (body, { generators }) => {
        const state = Object.values(sessions[0].parts.modules).flatMap((module) =>
          [...module.namedBuffers().values()].map(({ value }) => value),
        );
        const { graph, result } = device.capture(body, { generators, state });
        const replay = () => {
          replayed();
          graph.replay();
        };
        return { graph: { ...graph, replay }, result };
      };
      const warn = (text: string) => warnings.push(text);
      const run = async (more: TinyOptions) => {
        using tiny = tinySession(method, { device: device.name, ...options, ...more });
        sessions[0] = tiny.session;
        for (let i = 0; i < steps; i++) if (tiny.session.synthesis) tiny.session.pretrainStep();
        for (let i = 0; i < steps - 1; i++) tiny.session.trainStep();
        device.look();
        if (tiny.session.engine) tiny.session.engine.iteration = 2; // no step of level III
        const last = tiny.session.trainStep();
        const { operators } = device.look();
        return {
          operators,
          losses: [...last.losses],
          hash: stateHash(await temporaryFolder(), tiny.session),
        };
      };
      const usual = await run({});
      const captured = await run({ captureWork, warn });
      return { usual, captured, warnings, replayed: replayed.mock.calls.length };
    };

    test.each([
      ['genseg', genseg],
      ['separate', separate],
      ['plain', plain],
    ] as const)('%s: they are the steps, to the bit', async (_, method) => {
      const { usual, captured, warnings, replayed } = await trainedOn(method);
      expect(warnings).toEqual([]);
      expect(replayed).toBeGreaterThan(2);
      expect([captured.losses, captured.hash]).toEqual([usual.losses, usual.hash]);
      expect(captured.operators).toBeLessThan(usual.operators / 2);
    });

    test.each([
      ['weights of classes', { task: { ...task, weights: balancedWeights([80, 20], task) } }],
      ['windows', { family: familyNamed('swin-unet') }],
    ] as const)(
      '%s come from the host, so that the steps are taken as ever',
      async (_, options) => {
        const { usual, captured, warnings } = await trainedOn(plain, { ...options, steps: 5 });
        expect(warnings).toHaveLength(1);
        expect(warnings[0]).toMatch(
          /^steps of the segmentation are not captured: .* from the host/,
        );
        expect([captured.losses, captured.hash]).toEqual([usual.losses, usual.hash]);
      },
    );
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { native } from './binding.ts';
import {
  autocast,
  configure,
  DisposedTensorError,
  Generator,
  grad,
  liveTensors,
  loadSafetensors,
  loadScript,
  memory,
  noGrad,
  OutOfMemoryError,
  type ScriptModule,
  saveSafetensors,
  scope,
  type Tensor,
  TorchError,
  tensor,
  zeros,
} from './index.ts';

// Made by PyTorch: test/golden/make-script.py.
const golden = (name: string) => fileURLToPath(new URL(`../test/golden/${name}`, import.meta.url));
const SEED = 5;
const LR = 0.1;

const folder = mkdtempSync(join(tmpdir(), 'script-'));
afterAll(() => rmSync(folder, { recursive: true }));

let before = 0;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => expect(liveTensors()).toBe(before));

/** Within `tolerance` of the largest element: float32 sums in another order. */
function expectClose(actual: Tensor, expected: Tensor, what: string, tolerance = 2e-5): void {
  expect(actual.shape, what).toEqual(expected.shape);
  const distance = actual.sub(expected).abs().max().item();
  expect(distance, what).toBeLessThan(tolerance * Math.max(expected.abs().max().item(), 1e-2));
}

/** Runs `body` with the scripted U-Net and PyTorch's results for it. */
function withUNet(
  body: (model: ScriptModule, expected: (name: string) => Tensor, generator: Generator) => void,
): void {
  scope(() => {
    const generator = new Generator(SEED);
    const model = loadScript(golden('script.pt'), { generator });
    const { tensors } = loadSafetensors(golden('script.safetensors'));
    body(model, (name) => tensors.get(name)!, generator);
  });
}

describe('a scripted U-Net does as in PyTorch', () => {
  it('forward, in evaluation and in training mode', () => {
    withUNet((model, expected) => {
      const evaluated = model.eval().forward(expected('image')) as Tensor;
      expectClose(evaluated, expected('eval'), 'eval');
      const trained = model.train().forward(expected('image')) as Tensor;
      expectClose(trained, expected('train'), 'train');
      for (const [name, buffer] of model.namedBuffers()) {
        if (buffer.dtype === 'float32') expectClose(buffer, expected(`buffer.${name}`), name);
        else expect(buffer.item(), name).toBe(1); // num_batches_tracked
      }
      const again = model.forward(expected('image')) as Tensor;
      expect(again.sub(trained).abs().max().item()).toBeGreaterThan(1e-3); // other draws of dropout
    });
  });

  it('in training mode, but for parts that stay in evaluation mode', () => {
    withUNet((model, expected) => {
      const statistics = () =>
        new Map([...model.namedBuffers()].map(([name, x]) => [name, x.toArray()] as const));
      const before = statistics();
      model.train(true, { still: ['encoder', 'bottleneck.1'] }).forward(expected('image'));
      for (const [name, after] of statistics()) {
        if (name.startsWith('encoder')) expect(after, name).toEqual(before.get(name));
        else expect(after, name).not.toEqual(before.get(name));
      }
      model.train(true, { still: ['encoder', 'bottleneck.1', 'decoder', 'bottleneck.0'] });
      const output = model.forward(expected('image')) as Tensor; // dropout is off too
      expectClose(output, model.eval().forward(expected('image')) as Tensor, 'all still');
      expect(() => model.train(true, { still: ['encoder.9'] })).toThrow(
        /the script has no module 'encoder\.9'/,
      );
    });
  });

  it('first and second derivatives, also once the interpreter has optimised, and a step of SGD', () => {
    withUNet((model, expected, generator) => {
      const parameters = model.namedParameters();
      const values = [...parameters.values()];
      const buffers = [...model.namedBuffers().values()].map((tensor) => ({
        tensor,
        value: tensor.clone(),
      }));
      let grads: Tensor[] = [];
      for (let call = 0; call < 4; call++) {
        generator.seed(SEED);
        for (const { tensor, value } of buffers) tensor.copy_(value);
        const output = model.train().forward(expected('image')) as Tensor;
        const loss = output.sub(expected('target')).square().mean();
        grads = grad(loss, values, { createGraph: true });
        const norm = grads.map((g) => g.square().sum()).reduce((a, b) => a.add(b));
        const seconds = grad(norm, values);
        [...parameters.keys()].forEach((name, i) => {
          expectClose(grads[i], expected(`grad.${name}`), `call ${call}, grad ${name}`);
          expectClose(seconds[i], expected(`second.${name}`), `call ${call}, second ${name}`);
        });
      }
      noGrad(() => {
        for (const [i, value] of values.entries()) value.sub_(grads[i], { alpha: LR });
      });
      const stepped = model.eval().forward(expected('image')) as Tensor;
      expectClose(stepped, expected('stepped'), 'stepped');
    });
  });

  it('saved and loaded again, and its tensors as safetensors', () => {
    withUNet((model, expected) => {
      noGrad(() => model.namedParameters().get('head.bias')!.add_(1));
      const path = join(folder, 'saved.pt');
      model.save(path);
      const output = loadScript(path).eval().forward(expected('image')) as Tensor;
      expectClose(output, expected('eval').add(1), 'saved');
      saveSafetensors(join(folder, 'x.safetensors'), model.namedParameters());
      const { tensors } = loadSafetensors(join(folder, 'x.safetensors'));
      expect([...tensors.keys()].sort()).toEqual([...model.namedParameters().keys()].sort());
    });
  });

  it('refuses a code that stands for no type, by which LibTorch would read beyond a table', () => {
    scope(() => {
      const model = loadScript(golden('script.pt'));
      for (const code of [-100, 12, 127, 1000])
        expect(() => native.moveScript(model.handle, undefined, code)).toThrow(
          `unknown dtype code ${code}`,
        );
      model.dispose();
    });
  });

  it('in another dtype, whose tensors are those handed out before', () => {
    withUNet((model, expected) => {
      const bias = model.namedParameters().get('head.bias')!;
      const counter = model.namedBuffers().get('encoder.1.num_batches_tracked')!;
      model.to({ dtype: 'float64' }).eval();
      expect([bias.dtype, counter.dtype]).toEqual(['float64', 'int64']);
      const image = expected('image').to({ dtype: 'float64' });
      const output = model.forward(image) as Tensor;
      expect(output.dtype).toBe('float64');
      expectClose(output, expected('eval').to({ dtype: 'float64' }), 'float64');
      expect(grad(output.sum(), [bias])[0].toArray()).toEqual([128, 128]); // 2 images of 8 x 8
    });
  });

  it('in lower precision under autocast', () => {
    withUNet((model, expected) => {
      const output = autocast(() => model.eval().forward(expected('image')) as Tensor);
      expect(output.dtype).toBe('bfloat16');
      expectClose(output.to({ dtype: 'float32' }), expected('eval'), 'bfloat16', 0.05);
    });
  });
});

describe('inputs and outputs', () => {
  const values = () => loadScript(golden('script-values.pt'));

  it('take every form, and trailing inputs their defaults', () => {
    scope(() => {
      const x = tensor([1, 2]);
      const [y, dict, list, text, nothing, flags] = values().forward(
        x,
        3,
        [true, false],
        [7, 'seven'],
        { given: x },
        null,
        2,
      ) as [Tensor, Record<string, Tensor>, number[], string, null, boolean[]];
      expect(y.toArray()).toEqual([9, 36]);
      expect(Object.keys(dict)).toEqual(['given', 'sum']);
      expect(dict.sum.item()).toBe(3);
      expect([list, text, nothing, flags]).toEqual([[7, 2], 'seven', null, [true, false]]);
      const [z] = values().forward(x, 3, [], [7, ''], {}, tensor([1, 0])) as [Tensor];
      expect(z.toArray()).toEqual([3, 0]);
    });
  });

  it('of a wrong kind are refused by name', () => {
    scope(() => {
      const x = tensor([1, 2]);
      const refusals: [unknown[], RegExp][] = [
        [[], /forward: input 'x' \(Tensor\) is missing/],
        [[3], /input 'x' \(Tensor\): expected a Tensor, got number/],
        [[{}], /input 'x' \(Tensor\): expected a Tensor, got object/],
        [[{ handle: 12 }], /used a disposed Tensor/],
        [[x, '3'], /input 'factor' \(float\): expected a number, got string/],
        [[x, 3, [1]], /input 'flags' \(List\[bool\]\): expected a boolean, got number/],
        [[x, 3, [], [1.5, '']], /input 'pair' .*safe integer/],
        [[x, 3, [], [1]], /input 'pair' .*array of 2 values, got 1/],
        [[x, 3, [], [1, ''], { a: 1 }], /input 'named' .*expected a Tensor, got number/],
        [[x, 3, [], [1, ''], {}, 1], /input 'mask' .*expected a Tensor, got number/],
        [[x, 3, [], [1, ''], {}, null, 1, 1], /at most 7 inputs, got 8/],
      ];
      const model = values();
      for (const [inputs, message] of refusals) {
        expect(() => model.forward(...(inputs as Tensor[]))).toThrow(message);
      }
    });
  });

  it('without a JavaScript form leave nothing behind', () => {
    scope(() => {
      const model = loadScript(golden('script-complex.pt'));
      const x = tensor(1);
      const live = liveTensors();
      expect(() => model.forward(x)).toThrow(/complex has no JavaScript form/);
      expect(liveTensors()).toBe(live);
    });
  });
});

describe('errors', () => {
  it('of files name them', () => {
    const path = join(folder, 'text.pt');
    writeFileSync(path, 'not a script');
    for (const file of [path, golden('script.safetensors'), folder]) {
      expect(() => loadScript(file)).toThrow(TorchError);
      expect(() => loadScript(file)).toThrow(`${file} is not a TorchScript file`);
    }
    expect(() => loadScript(join(folder, 'none.pt'))).toThrow(/cannot read .*none.pt: ENOENT/);
  });

  it('inside the script are one line that says what went wrong', () => {
    withUNet((model) => {
      const wrong = zeros([1, 3, 8, 8]);
      expect(() => model.forward(wrong)).toThrow(TorchError);
      expect(() => model.forward(wrong)).toThrow(/^ScriptModule.forward: [^\n]*3 channels[^\n]*$/);
      wrong.dispose();
      expect(() => model.forward(wrong)).toThrow(DisposedTensorError);
      model.dispose();
      expect(() => model.forward(wrong)).toThrow(/forward: used a disposed ScriptModule/);
    });
  });

  it('of memory keep their class', () => {
    withUNet((model) => {
      const large = zeros([1, 1, 256, 256]);
      configure({ memoryLimit: memory().live + 1_000_000 });
      try {
        expect(() => model.forward(large)).toThrow(OutOfMemoryError);
      } finally {
        configure({ memoryLimit: 2 ** 40 });
      }
    });
  });
});

describe('a call with other tensors in place of its own', () => {
  it('equals that of a script which holds them, and leaves its own as they were', () => {
    withUNet((model, expected) => {
      const own = model.eval().forward(expected('image')) as Tensor;
      const halved = new Map([...model.namedParameters()].map(([name, p]) => [name, p.mul(0.5)]));
      const called = model.functionalCall(halved, expected('image')) as Tensor;
      expectClose(model.forward(expected('image')) as Tensor, own, 'own', 1e-12);
      noGrad(() => {
        for (const [name, p] of model.namedParameters()) p.copy_(halved.get(name)!);
      });
      expectClose(called, model.forward(expected('image')) as Tensor, 'halved', 1e-12);
    });
  });

  it('lets gradients of any order reach what the tensors were made of', () => {
    withUNet((model, expected) => {
      model.eval().to({ dtype: 'float64' });
      const [image, target] = ['image', 'target'].map((name) =>
        expected(name).to({ dtype: 'float64' }),
      );
      const at = (x: number) => tensor(x, { dtype: 'float64' }).requiresGrad_();
      const loss = (scale: Tensor) => {
        const scaled = [...model.namedParameters()].map(
          ([name, p]) => [name, p.detach().mul(scale)] as const,
        );
        const logits = model.functionalCall(new Map(scaled), image) as Tensor;
        return logits.sub(target).square().mean();
      };
      const slope = (scale: Tensor) => grad(loss(scale), [scale], { createGraph: true })[0];
      const [here, step] = [at(1), 1e-5];
      const central = (f: (scale: Tensor) => Tensor) =>
        (f(at(1 + step)).item() - f(at(1 - step)).item()) / (2 * step);
      expect(slope(here).item() / central(loss)).toBeCloseTo(1, 6);
      expect(grad(slope(here), [here])[0].item() / central(slope)).toBeCloseTo(1, 4);
    });
  });

  it('writes statistics where they were passed', () => {
    withUNet((model, expected) => {
      const before = [...model.namedBuffers()].map(([, buffer]) => buffer.toArray());
      const copies = new Map([...model.namedBuffers()].map(([name, b]) => [name, b.clone()]));
      model.train().functionalCall(copies, expected('image'));
      expect([...model.namedBuffers()].map(([, buffer]) => buffer.toArray())).toEqual(before);
      expectClose(
        copies.get('encoder.1.running_mean')!,
        expected('buffer.encoder.1.running_mean'),
        'running_mean',
      );
    });
  });

  it('refuses a name that the script does not have, and puts all back', () => {
    withUNet((model, expected) => {
      const own = model.eval().forward(expected('image')) as Tensor;
      const values = new Map([
        ['head.bias', zeros([2])],
        ['head.gain', zeros([2])],
      ]);
      expect(() => model.functionalCall(values, expected('image'))).toThrow(
        "the script has no parameter or buffer 'head.gain'",
      );
      expectClose(model.forward(expected('image')) as Tensor, own, 'own', 1e-12);
    });
  });
});

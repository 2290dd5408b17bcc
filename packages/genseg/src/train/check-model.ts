/**
 * Whether a segmentation model can be trained here, asked before a run begins: what is wrong with a
 * user's own model is said at once, and not after minutes of pre-training. Also what is learned on the way.
 */
import { Generator, grad, OutOfMemoryError, ones, scope, type Tensor } from '@genseg/torch';
import { ConfigError, DataError } from '../errors.ts';
import { valuesOf } from '../nn/index.ts';
import { type Decision, type Plan, sessionOptions } from './plan.ts';
import { outputsOf, type Segmenter } from './problems.ts';
import { describeWeights } from './weights.ts';

/** They say already what is wrong and how to mend it. */
const ownErrors = [ConfigError, DataError, OutOfMemoryError];

/**
 * @returns what plan.json should say of it.
 * @throws ConfigError that names the model, what it lacks and the mend; DataError for a damaged file of weights.
 */
export function checkModel(plan: Plan): Decision[] {
  const { family, channels, size, device, recipe } = sessionOptions(plan);
  const refuse = (problem: string, cause?: unknown) =>
    new ConfigError(`--model ${plan.model}: ${problem}`, { cause });
  const attempt = <T>(what: string, body: () => T): T => {
    try {
      return body();
    } catch (error) {
      if (ownErrors.some((kind) => error instanceof kind)) throw error;
      throw refuse(`${what} failed: ${(error as Error).message}`, error);
    }
  };
  return scope(() => {
    const generator = new Generator(0);
    const dropoutGenerator = new Generator(0, device);
    using model: Segmenter = attempt('loading it', () =>
      family.build(channels, plan.task.planes.length, {
        ...{ width: recipe.segmentation.width, size, generator, dropoutGenerator, device },
      }),
    );
    const parameters = model.namedParameters();
    if (parameters.size === 0)
      throw refuse('it has no parameters to train; save it without torch.jit.freeze');
    const forward = (count: number): Tensor[] =>
      outputsOf(model, ones([count, channels, size, size], { device }).mul(0.5));
    const outputs = attempt(`its forward pass on 2 images of ${size} px in training mode`, () =>
      forward(2),
    );
    const gradients = attempt('its backward pass', () =>
      grad(
        outputs.map((logits) => logits.square().mean()).reduce((sum, term) => sum.add(term)),
        valuesOf([...parameters.values()]),
        { allowUnused: true },
      ),
    );
    const unused = [...parameters.keys()].filter((_, i) => gradients[i] === null);
    if (unused.length > 0)
      throw refuse(
        `its output does not depend on ${unused.slice(0, 3).join(', ')}${unused.length > 3 ? ` and ${unused.length - 3} more parameters` : ''}; remove what is not used, or mark it requires_grad = False`,
      );
    model.eval();
    attempt(`its forward pass on 1 image of ${size} px in evaluation mode`, () => forward(1));
    const { weights } = plan;
    const count = [...parameters.values()].reduce((sum, { value }) => sum + value.numel, 0);
    return [
      { name: 'trained parameters', value: count, reason: family.summary },
      ...(weights === null
        ? []
        : [{ name: 'weights', value: weights, reason: describeWeights(model, weights) }]),
    ];
  });
}

/**
 * Whether a segmentation model can be trained as a session would train it, asked before it begins: what is wrong with
 * a user's own model is said at once and in words, and not after minutes of pre-training by an operator deep inside.
 */
import { Generator, grad, OutOfMemoryError, ones, scope, type Tensor } from '@genseg/torch';
import { ConfigError, DataError } from '../errors.ts';
import { classTask, valuesOf } from '../nn/index.ts';
import type { Family } from '../segmenter/index.ts';
import { outputsOf, type Segmenter } from '../segmenter/index.ts';
import type { SessionOptions } from './session.ts';

/** They say already what is wrong and how to mend it. */
const ownErrors = [ConfigError, DataError, OutOfMemoryError];

/** Whether two models have the same parameters, by name and value. */
function startAlike(one: Segmenter, other: Segmenter): boolean {
  const parameters = other.namedParameters();
  return [...one.namedParameters()].every(([name, { value }]) => {
    const twin = parameters.get(name)?.value;
    return twin !== undefined && `${twin.shape}` === `${value.shape}` && value.equal(twin);
  });
}

const shapeOf = ({ shape }: Tensor): string => `[${shape.join(', ')}]`;

/**
 * Builds the family's model and takes it once forward and back, twice back where the method has feedback, with as many
 * images as a training step has, up to two; then forward in evaluation mode, with one image.
 *
 * @param options those of the session to come.
 * @param look sees the model before it is disposed of; its result is returned.
 * @throws ConfigError that names the model, what it lacks and the mend; OutOfMemoryError.
 * @example checkSegmenter(options); using session = new Session(options, data);
 */
export function checkSegmenter<T = void>(
  options: SessionOptions & { name?: string },
  look: (model: Segmenter) => T = () => undefined as T,
): T {
  const {
    family,
    channels,
    size,
    device,
    recipe,
    method,
    name = `segmenter ${family.name}`,
  } = options;
  const planes = (options.task ?? classTask(options.classes)).planes.length;
  const refuse = (problem: string, cause?: unknown) =>
    new ConfigError(`${name}: ${problem}`, { cause });
  const attempt = <R>(what: string, body: () => R): R => {
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
    const build = (of: Family): Segmenter =>
      of.build(channels, planes, {
        ...{ width: recipe.segmentation.width, size, generator, dropoutGenerator, device },
      });
    using model = attempt('loading it', () => build(family));
    const parameters = model.namedParameters();
    const names = [...parameters.keys()];
    const values = valuesOf([...parameters.values()]);
    if (names.length === 0)
      throw refuse(
        'it has no parameters to train: all are frozen, or it was saved with torch.jit.freeze; leave some to train',
      );
    const { semiSupervision } = method;
    if (semiSupervision?.follows === null) {
      using partner = attempt('loading the second', () => build(semiSupervision.partnerOf(family)));
      if (startAlike(model, partner))
        throw refuse(
          `method ${method.name} trains two networks that must begin differently, and both take the same weights from a file; leave out --weights if it is given, or take --method mean-teacher or ctbct`,
        );
    }
    const forward = (count: number): Tensor[] => {
      const outputs = outputsOf(model, ones([count, channels, size, size], { device }).mul(0.5));
      const expected = [count, planes, size, size];
      if (`${outputs[0]?.shape}` !== `${expected}`)
        throw refuse(
          `its output is ${outputs[0] ? shapeOf(outputs[0]) : 'nothing'} for ${count} images of ${size} px, expected logits [${expected.join(', ')}]: one plane for one foreground class, else one per class with the background, at the images' size`,
        );
      return outputs;
    };
    const images = Math.min(2, recipe.batch + (method.synthesises ? recipe.syntheticBatch : 0));
    const outputs = attempt(
      `its forward pass on ${images === 1 ? '1 image' : `${images} images`} of ${size} px in training mode`,
      () => forward(images),
    );
    const meanSquare = (tensors: readonly Tensor[]) =>
      tensors.map((x) => x.square().mean()).reduce((sum, term) => sum.add(term));
    const loss = meanSquare(outputs);
    const gradients = loss.requiresGrad
      ? attempt('its backward pass', () =>
          grad(loss, values, { allowUnused: true, createGraph: method.feedback }),
        )
      : values.map(() => null);
    const unused = names.filter((_, i) => gradients[i] === null);
    if (unused.length > 0)
      throw refuse(
        `its output does not depend on ${unused.slice(0, 3).join(', ')}${unused.length > 3 ? ` and ${unused.length - 3} more parameters` : ''}; remove what is not used, or mark it requires_grad = False`,
      );
    if (method.feedback)
      attempt(
        `the derivative of its gradient, which method ${method.name} needs`,
        () => void grad(meanSquare(gradients as Tensor[]), values, { allowUnused: true }),
      );
    model.eval();
    attempt(`its forward pass on 1 image of ${size} px in evaluation mode`, () => forward(1));
    return look(model);
  });
}

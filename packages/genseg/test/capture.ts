/** What stands in for CUDA graphs where there is no GPU: a capture that runs its body again. */
import { keep, noGrad, scope, type Tensor, zeros } from '@genseg/torch';
import type { CaptureWork, Evaluation } from '../src/mlo/index.ts';

/**
 * As with a graph, capturing computes nothing: results are NaN until the first replay, and the streams are where they were.
 * @param options.state what the bodies change in place, as running statistics; capturing leaves it alone too.
 * @param options.replayed called at each replay.
 */
export function runsAgain(
  options: { state?: () => readonly Tensor[]; replayed?: () => void } = {},
): CaptureWork {
  const { state = () => [], replayed = () => {} } = options;
  return (body, { generators }) => {
    const tensors = state();
    const [kept, draws] = [tensors.map((tensor) => tensor.clone()), generators.map((g) => g.state)];
    const result = body();
    noGrad(() => {
      for (const tensor of tensorsOf(result as Evaluation)) tensor.fill_(Number.NaN);
      tensors.forEach((tensor, i) => {
        tensor.copy_(kept[i]);
      });
    });
    generators.forEach((generator, i) => {
      generator.state = draws[i];
    });
    const own = keep(scope(() => zeros([]))); // as a graph has a native object, which the caller disposes of
    const replay = () =>
      scope(() => {
        own.item();
        replayed();
        const again = tensorsOf(body() as Evaluation);
        noGrad(() => {
          tensorsOf(result as Evaluation).forEach((tensor, i) => {
            tensor.copy_(again[i]);
          });
        });
      });
    return { graph: { replay, dispose: () => own.dispose() }, result };
  };
}

const tensorsOf = ({ loss, gradients }: Evaluation): Tensor[] => [loss, ...gradients];

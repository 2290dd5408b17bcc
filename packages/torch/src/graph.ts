/**
 * CUDA graphs: what a function asks of a GPU, captured once and done again by one launch. For work of many small
 * operators, of which the GPU does each in less time than the host needs to ask for it.
 */
import { type NativeHandle, native } from './binding.ts';
import type { Generator } from './generator.ts';
import { keep, Resource, refusePromise } from './lifetime.ts';

/** Work of a GPU that can be done again. It outlives the scope that it was captured in. */
export class CudaGraph extends Resource {
  /** @internal */
  constructor(handle: NativeHandle) {
    super(handle);
  }

  /** Asks for all of it; tensors that were returned when it was captured have new values then. */
  replay(): void {
    native.replayGraph(this.handle);
  }

  /** @internal */
  get nativeBytes(): number {
    return 0; // its memory is the GPU's
  }
}

/**
 * This thread's work goes on in a stream of its own, for good: the default one cannot be captured. To be called before
 * the first steps of what is captured later.
 * @throws TorchError where `environment().cudaGraphs` is false.
 */
export const leaveDefaultStream = (): void => native.leaveDefaultStream();

/**
 * Captures what `body` asks of the GPU. Nothing is done yet, so that the tensors that it returns have no values before the
 * first `replay`, and what it reads must lie where it does now at every replay. Numbers of the host stay as they were.
 *
 * @param options.generators of the GPU, that `body` draws from: each replay draws anew.
 * @returns the graph, to dispose of before the tensors that it reads and returns.
 * @throws TorchError when `body` waits for the GPU, copies from the host or calls a script with a generator, and where `environment().cudaGraphs` is false.
 * @example
 * const { graph, result } = captureGraph(() => model.forward(image));
 * image.copy_(next);
 * graph.replay(); // `result` is the next one's
 */
export function captureGraph<T>(
  body: () => T,
  options: { generators?: readonly Generator[] } = {},
): { graph: CudaGraph; result: T } {
  const { generators = [] } = options;
  const graph = keep(new CudaGraph(native.beginGraph(generators.map(({ handle }) => handle))));
  try {
    const result = body();
    refusePromise('captureGraph', result);
    native.endGraph(graph.handle);
    return { graph, result };
  } catch (error) {
    try {
      native.abandonGraph(graph.handle);
    } catch {} // the first failure says more
    graph.dispose();
    throw error;
  }
}

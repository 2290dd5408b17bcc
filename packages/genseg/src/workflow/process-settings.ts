/** The settings of the process that a run changes. */
import { configure, environment, leaveDefaultStream } from '@genseg/torch';
import type { Plan } from '../train/index.ts';

/** They are set back when this goes out of scope, but for the stream of a GPU that `applySettings` may leave. */
export function keepSettings(): Disposable {
  const { threads, imageLayout, cudnnBenchmark } = environment();
  return { [Symbol.dispose]: () => configure({ threads, imageLayout, cudnnBenchmark }) };
}

/** Gives the process what the plan says. A training has few shapes of tensors, so that cuDNN may time its algorithms for each. */
export function applySettings({ threads, imageLayout, device, cudaGraphs }: Plan): void {
  configure({ threads, imageLayout, cudnnBenchmark: device === 'cuda' });
  if (cudaGraphs) leaveDefaultStream();
}

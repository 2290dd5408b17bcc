/** The settings of the process that a run changes. */
import { configure, environment } from '@genseg/torch';

/** They are set back when this goes out of scope. */
export function keepSettings(): Disposable {
  const { threads, imageLayout } = environment();
  return { [Symbol.dispose]: () => configure({ threads, imageLayout }) };
}

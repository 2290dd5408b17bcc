import { configure, environment } from '@genseg/torch';

/** What a run sets for the whole process is set back when this goes out of scope. */
export function keepSettings(): Disposable {
  const { threads, imageLayout } = environment();
  return { [Symbol.dispose]: () => configure({ threads, imageLayout }) };
}

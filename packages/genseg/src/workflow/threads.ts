import { configure, environment } from '@genseg/torch';

/** What a run sets for the whole process is set back when this goes out of scope. */
export function keepThreads(): Disposable {
  const { threads } = environment();
  return { [Symbol.dispose]: () => configure({ threads }) };
}

/** One thing asked of the server at a time, with what to show meanwhile. */
import { useCallback, useState } from 'react';
import { wordsOf } from './request.ts';

export interface Action<Args extends unknown[]> {
  readonly run: (...args: Args) => Promise<boolean>;
  readonly busy: boolean;
  readonly error: string | undefined;
  readonly clear: () => void;
}

/** @returns `run` answers whether it went well; its error is kept for display, not thrown */
export function useAction<Args extends unknown[]>(
  act: (...args: Args) => Promise<unknown>,
): Action<Args> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = useCallback(
    async (...args: Args) => {
      setBusy(true);
      setError(undefined);
      try {
        await act(...args);
        return true;
      } catch (thrown) {
        setError(wordsOf(thrown));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [act],
  );
  const clear = useCallback(() => setError(undefined), []);
  return { run, busy, error, clear };
}

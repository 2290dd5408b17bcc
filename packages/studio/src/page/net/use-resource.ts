/** What the server holds at a path, read when the path changes and when asked to. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { getJson, wordsOf } from './request.ts';

export interface Resource<T> {
  /** The last value read; it stays while a newer one is on its way. */
  readonly value: T | undefined;
  readonly error: string | undefined;
  readonly reload: () => void;
  /** Takes a value that came by other ways, such as the answer to a change. */
  readonly accept: (value: T) => void;
}

/** @param path null: nothing to read now */
export function useResource<T>(path: string | null): Resource<T> {
  const [state, setState] = useState<{ path: string | null; value?: T; error?: string }>({ path });
  const [turn, setTurn] = useState(0);
  const accepted = useRef(0);
  useEffect(() => {
    if (path === null) return;
    // `turn` asks for the same path anew.
    void turn;
    const stop = new AbortController();
    const startedAt = accepted.current;
    getJson<T>(path, stop.signal).then(
      (value) => {
        // A value accepted meanwhile is newer than the one that was asked for.
        if (!stop.signal.aborted && accepted.current === startedAt) setState({ path, value });
      },
      (error) => {
        if (!stop.signal.aborted)
          setState((old) => ({
            path,
            value: old.path === path ? old.value : undefined,
            error: wordsOf(error),
          }));
      },
    );
    return () => stop.abort();
  }, [path, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const accept = useCallback(
    (value: T) => {
      accepted.current++;
      setState({ path, value });
    },
    [path],
  );
  const current = state.path === path;
  return {
    value: current ? state.value : undefined,
    error: current ? state.error : undefined,
    reload,
    accept,
  };
}

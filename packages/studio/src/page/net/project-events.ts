/** Hints of the server on what changed, as a subscription for any number of listeners over one stream. */
import { useEffect, useEffectEvent } from 'react';
import { type ProjectEvents, routes } from '../../api.ts';

type Key = keyof ProjectEvents;
type Listener = { [K in Key]?: (event: ProjectEvents[K]) => void } & {
  /** The stream was lost and is back: anything may have changed. */
  again?: () => void;
};

const keys: readonly Key[] = ['data', 'round', 'prediction', 'suggestions'];
const listeners = new Set<Listener>();
let source: EventSource | undefined;

function open(): EventSource {
  const opened = new EventSource(routes.events);
  let lost = false;
  opened.onerror = () => {
    lost = true;
  };
  opened.onopen = () => {
    if (lost) for (const listener of listeners) listener.again?.();
    lost = false;
  };
  for (const key of keys)
    opened.addEventListener(key, ({ data }) => {
      const value = JSON.parse(data);
      for (const listener of listeners)
        (listener[key] as ((value: unknown) => void) | undefined)?.(value);
    });
  return opened;
}

/** Listens as long as `listener` is wanted; the stream is closed with the last one. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  source ??= open();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    source?.close();
    source = undefined;
  };
}

/** Calls what is given for each kind of hint, while the component is shown. */
export function useProjectEvents(handlers: Listener): void {
  const call = useEffectEvent((key: Key | 'again', value?: unknown) =>
    (handlers[key] as ((value?: unknown) => void) | undefined)?.(value),
  );
  useEffect(() => {
    const listener: Listener = { again: () => call('again') };
    for (const key of keys) listener[key] = (value: unknown) => call(key, value);
    return listen(listener);
  }, []);
}

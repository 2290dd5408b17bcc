/** Tells every open page what changed. */
import type { ProjectEvents } from '../api.ts';

export type Listener = <K extends keyof ProjectEvents>(name: K, data: ProjectEvents[K]) => void;

export interface Hub {
  publish: Listener;
  /** @returns what ends it. */
  subscribe(listener: Listener): () => void;
}

export function createHub(): Hub {
  const listeners = new Set<Listener>();
  return {
    publish: (name, data) => {
      for (const listener of listeners) listener(name, data);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

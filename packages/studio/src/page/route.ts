/** Where the reader is, in the address after #: it survives a reload, and links lead there. */
import { useSyncExternalStore } from 'react';

export const steps = ['data', 'annotate', 'train', 'results', 'use'] as const;
export type Step = (typeof steps)[number];

export interface Route {
  readonly step: Step;
  /** A case, a round or a prediction. */
  readonly name: string | null;
}

/** @example hrefTo('annotate', 'patient 7/a') is '#/annotate/patient%207%2Fa' */
export const hrefTo = (step: Step, name?: string | null): string =>
  `#/${step}${name ? `/${encodeURIComponent(name)}` : ''}`;

/** An address that leads nowhere leads to the data. */
export function parseRoute(hash: string): Route {
  const [, step, name] = /^#\/([a-z]+)(?:\/(.+))?$/.exec(hash) ?? [];
  const known = steps.find((one) => one === step);
  if (!known) return { step: 'data', name: null };
  try {
    return { step: known, name: name === undefined ? null : decodeURIComponent(name) };
  } catch {
    return { step: known, name: null };
  }
}

export const go = (step: Step, name?: string | null): void => {
  location.hash = hrefTo(step, name);
};

/** As `go`, without a step to come back to. */
export const goInstead = (step: Step, name: string): void => {
  location.replace(hrefTo(step, name));
};

const subscribe = (changed: () => void): (() => void) => {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
};

export const useRoute = (): Route =>
  parseRoute(useSyncExternalStore(subscribe, () => location.hash));

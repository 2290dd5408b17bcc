/** Whether the guided tour goes on in this project; kept in the browser, over reloads. */
import { useSyncExternalStore } from 'react';

const key = 'genseg-studio-guide';
const listeners = new Set<() => void>();

function set(folder: string | null) {
  if (folder === null) localStorage.removeItem(key);
  else localStorage.setItem(key, folder);
  for (const listener of listeners) listener();
}

/** Whether it has just begun, by a button that is gone since. */
let begun = false;

export const startGuide = (folder: string): void => {
  begun = true;
  set(folder);
};

/** True once after a beginning: then the guide takes the focus, so that keys go on from there. */
export function takeBeginning(): boolean {
  const taken = begun;
  begun = false;
  return taken;
}

export const endGuide = (): void => set(null);

export const useGuide = (folder: string): boolean =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => localStorage.getItem(key) === folder,
  );

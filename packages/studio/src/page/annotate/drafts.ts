/**
 * Masks that the server has not got yet, in the browser's own store (IndexedDB), so that a reload, a closed tab or
 * a dead server loses nothing.
 */
import { decodeRuns, encodeRuns } from '../engine/index.ts';

export interface Draft {
  readonly width: number;
  readonly height: number;
  readonly ids: Uint8Array;
  /** The revision that was painted on; null: there was no mask. */
  readonly base: string | null;
}

type Stored = Omit<Draft, 'ids'> & { readonly runs: Uint8Array };

export interface Drafts {
  read(caseId: string): Promise<Draft | undefined>;
  write(caseId: string, draft: Draft): Promise<void>;
  remove(caseId: string): Promise<void>;
}

const store = 'drafts';

/** @param project its folder: drafts of different projects do not meet */
export async function openDrafts(project: string): Promise<Drafts> {
  const opening = indexedDB.open('genseg-studio', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(store);
  const database = await settled(opening);
  const within = (mode: IDBTransactionMode) => database.transaction(store, mode).objectStore(store);
  const key = (caseId: string) => [project, caseId];
  return {
    async read(caseId) {
      const stored: Stored | undefined = await settled(within('readonly').get(key(caseId)));
      if (!stored) return undefined;
      const { runs, ...draft } = stored;
      return { ...draft, ids: decodeRuns(runs) };
    },
    async write(caseId, { ids, ...draft }) {
      await settled(within('readwrite').put({ ...draft, runs: encodeRuns(ids) }, key(caseId)));
    },
    async remove(caseId) {
      await settled(within('readwrite').delete(key(caseId)));
    },
  };
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * Masks that the server has not got yet, in the browser, so that a reload, a closed tab or a dead server loses
 * nothing. Drafts lie in IndexedDB, which takes any size but its time; what is painted when the page
 * goes away, in the middle of a stroke perhaps, is kept in localStorage, which takes it at once.
 */
import { decodeRuns, encodeRuns } from '../engine/index.ts';
import { parseDraft, printDraft } from './draft-text.ts';

export interface Draft {
  readonly width: number;
  readonly height: number;
  readonly ids: Uint8Array;
  /** The revision that was painted on. */
  readonly base: string;
}

type Stored = Omit<Draft, 'ids'> & { readonly runs: Uint8Array };

export interface Drafts {
  read(caseId: string): Promise<Draft | undefined>;
  write(caseId: string, draft: Draft): Promise<void>;
  /** As `write`, before it returns; a mask too large for that stays as it was last written. */
  writeNow(caseId: string, draft: Draft): void;
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
  const quickKey = (caseId: string) => `genseg-studio-draft ${JSON.stringify(key(caseId))}`;
  return {
    async read(caseId) {
      const quick = localStorage.getItem(quickKey(caseId));
      if (quick !== null) return parseDraft(quick);
      const stored: Stored | undefined = await settled(within('readonly').get(key(caseId)));
      if (!stored) return undefined;
      const { runs, ...draft } = stored;
      return { ...draft, ids: decodeRuns(runs) };
    },
    async write(caseId, { ids, ...draft }) {
      await settled(within('readwrite').put({ ...draft, runs: encodeRuns(ids) }, key(caseId)));
      // It is newer.
      localStorage.removeItem(quickKey(caseId));
    },
    writeNow(caseId, draft) {
      try {
        localStorage.setItem(quickKey(caseId), printDraft(draft));
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error;
      }
    },
    async remove(caseId) {
      localStorage.removeItem(quickKey(caseId));
      await settled(within('readwrite').delete(key(caseId)));
    },
  };
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

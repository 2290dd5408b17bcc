/** Bringing files in: open an import, send every file, finish; or give it up, and nothing is kept. */
import { useRef, useState } from 'react';
import { type ImportFinished, type ImportOpened, type ImportOptions, routes } from '../../api.ts';
import { sendJson, wordsOf } from '../net/request.ts';
import { type SendProgress, type Sent, sendFiles } from '../net/send-files.ts';
import type { NamedFile } from './collect-files.ts';

export type ImportState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly progress: SendProgress }
  | { readonly kind: 'finishing' }
  | { readonly kind: 'done'; readonly result: ImportFinished; readonly skipped: Sent['skipped'] }
  | { readonly kind: 'failed'; readonly message: string };

export interface Import {
  readonly state: ImportState;
  readonly start: (files: readonly NamedFile[], options: ImportOptions) => Promise<void>;
  readonly cancel: () => void;
}

export function useImport(onDone: () => void): Import {
  const [state, setState] = useState<ImportState>({ kind: 'idle' });
  const stop = useRef<AbortController>(undefined);
  const start = async (files: readonly NamedFile[], options: ImportOptions) => {
    const mine = new AbortController();
    stop.current = mine;
    let opened: ImportOpened | undefined;
    try {
      opened = await sendJson<ImportOpened>('POST', routes.imports, options);
      const { id } = opened;
      const sent = await sendFiles(files, (path) => routes.importFile(id, path), {
        onProgress: (progress) => setState({ kind: 'sending', progress }),
        signal: mine.signal,
      });
      setState({ kind: 'finishing' });
      const result = await sendJson<ImportFinished>('POST', routes.import(id));
      opened = undefined;
      setState({ kind: 'done', result, skipped: sent.skipped });
      onDone();
    } catch (error) {
      if (opened) await sendJson('DELETE', routes.import(opened.id)).catch(() => {});
      setState(
        mine.signal.aborted ? { kind: 'idle' } : { kind: 'failed', message: wordsOf(error) },
      );
    }
  };
  return { state, start, cancel: () => stop.current?.abort() };
}

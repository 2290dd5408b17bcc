/** A prediction from start to end: open it, send the images, let it begin. */
import { useState } from 'react';
import { type FileReceived, type ModelRef, type Prediction, routes } from '../../api.ts';
import type { NamedFile } from '../data/collect-files.ts';
import { sendJson, wordsOf } from '../net/request.ts';
import { type SendProgress, sendFiles } from '../net/send-files.ts';

export type PredictState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly progress: SendProgress }
  | { readonly kind: 'failed'; readonly message: string };

export interface Predict {
  readonly state: PredictState;
  readonly skipped: FileReceived['skipped'];
  readonly start: (model: ModelRef, files: readonly NamedFile[]) => Promise<void>;
}

export function usePredict(onBegun: (prediction: Prediction) => void): Predict {
  const [state, setState] = useState<PredictState>({ kind: 'idle' });
  const [skipped, setSkipped] = useState<FileReceived['skipped']>([]);
  const start = async (model: ModelRef, files: readonly NamedFile[]) => {
    let opened: Prediction | undefined;
    setSkipped([]);
    try {
      opened = await sendJson<Prediction>('POST', routes.predictions, { model });
      const { id } = opened;
      const sent = await sendFiles(files, (path) => routes.predictionFile(id, path), {
        onProgress: (progress) => setState({ kind: 'sending', progress }),
      });
      setSkipped(sent.skipped);
      if (sent.files === 0) throw new Error('None of these files is an image that can be read.');
      const begun = await sendJson<Prediction>('POST', routes.prediction(id));
      setState({ kind: 'idle' });
      onBegun(begun);
    } catch (error) {
      if (opened) await sendJson('DELETE', routes.prediction(opened.id)).catch(() => {});
      setState({ kind: 'failed', message: wordsOf(error) });
    }
  };
  return { state, skipped, start };
}

/**
 * Masks as PNG files, 8-bit gray, a class id per pixel. Coded by hand and not through a canvas: browsers that
 * guard against fingerprinting change what is read back from a canvas.
 */
import { type Mask, maskOf } from '../engine/index.ts';

export type MaskJob =
  | { kind: 'encode'; width: number; height: number; ids: Uint8Array }
  | { kind: 'decode'; png: Uint8Array };
export type MaskJobResult =
  | { kind: 'encode'; png: Uint8Array<ArrayBuffer> }
  | { kind: 'decode'; width: number; height: number; ids: Uint8Array };

interface Waiting {
  resolve: (result: MaskJobResult) => void;
  reject: (error: Error) => void;
}

export interface MaskCoder {
  /** The mask as it is now, as a file; painting may go on meanwhile. */
  encode(mask: Mask): Promise<Blob>;
  /** @throws Error for a file that is no mask */
  decode(png: Blob): Promise<Mask>;
  close(): void;
}

export function openMaskCoder(): MaskCoder {
  const worker = new Worker(new URL('./png-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  worker.addEventListener(
    'message',
    ({ data }: MessageEvent<{ id: number; result?: MaskJobResult; error?: string }>) => {
      const one = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.result) one?.resolve(data.result);
      else one?.reject(new Error(data.error));
    },
  );
  worker.addEventListener('error', ({ message }) => {
    for (const one of waiting.values()) one.reject(new Error(message || 'the PNG worker failed'));
    waiting.clear();
  });
  const ask = (job: MaskJob): Promise<MaskJobResult> =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      worker.postMessage({ id: last, job });
    });
  return {
    async encode({ width, height, pixels }) {
      const result = await ask({ kind: 'encode', width, height, ids: pixels });
      if (result.kind !== 'encode') throw new Error('mask-file: the answer is to another question');
      return new Blob([result.png], { type: 'image/png' });
    },
    async decode(png) {
      const result = await ask({ kind: 'decode', png: new Uint8Array(await png.arrayBuffer()) });
      if (result.kind !== 'decode') throw new Error('mask-file: the answer is to another question');
      return maskOf(result.width, result.height, result.ids);
    },
    close: () => worker.terminate(),
  };
}

/** Masks to PNG files and back, beside the page's own thread, so that saving never halts a stroke. */
import { decode, encode } from 'fast-png';
import type { MaskJob, MaskJobResult } from './mask-file.ts';

self.addEventListener(
  'message',
  ({ data: { id, job } }: MessageEvent<{ id: number; job: MaskJob }>) => {
    try {
      self.postMessage({ id, result: run(job) });
    } catch (error) {
      self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  },
);

function run(job: MaskJob): MaskJobResult {
  if (job.kind === 'encode') {
    const { width, height, ids } = job;
    return {
      kind: 'encode',
      png: new Uint8Array(encode({ width, height, data: ids, channels: 1, depth: 8 })),
    };
  }
  const { width, height, data, channels, depth } = decode(job.png);
  if (channels !== 1 || depth !== 8)
    throw new Error(`the mask is no 8-bit gray PNG: ${channels} channels of ${depth} bits`);
  return { kind: 'decode', width, height, ids: new Uint8Array(data) };
}

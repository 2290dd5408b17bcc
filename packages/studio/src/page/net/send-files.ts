/** Sends files to the server, a few at a time, each as the body of its own request. */
import type { FileReceived } from '../../api.ts';
import { request } from './request.ts';

export interface Sent {
  readonly files: number;
  readonly skipped: FileReceived['skipped'];
}

export interface SendProgress {
  readonly done: number;
  readonly total: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** A few: browsers open six connections to one host, and pictures want some as well. */
const atOnce = 3;

/**
 * @param pathOf the address to PUT a file at
 * @throws the first failure; the requests still running are given up
 */
export async function sendFiles(
  files: readonly { path: string; file: Blob }[],
  pathOf: (path: string) => string,
  { onProgress, signal }: { onProgress: (progress: SendProgress) => void; signal?: AbortSignal },
): Promise<Sent> {
  const waiting = [...files];
  const stop = new AbortController();
  signal?.addEventListener('abort', () => stop.abort(), { once: true });
  if (signal?.aborted) stop.abort();
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
  let [received, done, bytes] = [0, 0, 0];
  const skipped: FileReceived['skipped'] = [];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      stop.signal.throwIfAborted();
      const response = await request(pathOf(next.path), {
        method: 'PUT',
        body: next.file,
        headers: { 'Content-Type': 'application/octet-stream' },
        signal: stop.signal,
      });
      const answer = (await response.json()) as FileReceived;
      received += answer.files;
      skipped.push(...answer.skipped);
      bytes += next.file.size;
      onProgress({ done: ++done, total: files.length, bytes, totalBytes });
    }
  };
  onProgress({ done, total: files.length, bytes, totalBytes });
  try {
    await Promise.all(Array.from({ length: atOnce }, lane));
  } catch (error) {
    stop.abort();
    throw error;
  }
  return { files: received, skipped };
}

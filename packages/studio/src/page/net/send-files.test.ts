import { afterEach, expect, test, vi } from 'vitest';
import { type SendProgress, sendFiles } from './send-files.ts';

afterEach(() => vi.unstubAllGlobals());

const files = Array.from({ length: 10 }, (_, i) => ({
  path: `f${i}.png`,
  file: new Blob(['12345']),
}));
const pathOf = (path: string) => `/in?path=${path}`;

test('every file is sent once, a few at a time, and the answers add up', async () => {
  let [now, most] = [0, 0];
  const seen: string[] = [];
  vi.stubGlobal('fetch', async (path: string) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 2));
    now--;
    seen.push(path);
    const skipped = path.endsWith('f3.png') ? [{ path: 'f3.png', reason: 'no image' }] : [];
    return Response.json({ files: 1 - skipped.length, skipped });
  });
  const progress: SendProgress[] = [];
  const sent = await sendFiles(files, pathOf, { onProgress: (one) => progress.push(one) });
  expect(sent).toEqual({ files: 9, skipped: [{ path: 'f3.png', reason: 'no image' }] });
  expect(seen.sort()).toEqual(files.map(({ path }) => pathOf(path)));
  expect(most).toBe(3);
  expect(progress.at(-1)).toEqual({ done: 10, total: 10, bytes: 50, totalBytes: 50 });
});

test('a refusal ends it all, in the words of the server', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    return Response.json({ error: 'too large' }, { status: 413 });
  });
  await expect(sendFiles(files, pathOf, { onProgress: () => {} })).rejects.toThrow('too large');
  expect(asked.length).toBeLessThanOrEqual(3);
});

test('given up, nothing is sent', async () => {
  const fetched = vi.fn();
  vi.stubGlobal('fetch', fetched);
  await expect(
    sendFiles(files, pathOf, { onProgress: () => {}, signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ name: 'AbortError' });
  expect(fetched).not.toHaveBeenCalled();
});

/**
 * A request's body to a file, as it comes: never in memory as a whole, never more than is allowed. What a file is
 * tells its first bytes, not its name.
 */
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { UploadLimits } from '../api.ts';
import { RequestError } from './errors.ts';

const MiB = 2 ** 20;
export const uploadLimits: UploadLimits = {
  file: 256 * MiB,
  zip: 900 * MiB,
  total: 4096 * MiB,
  files: 20_000,
};

/** Counts what passes. @throws RequestError once it is more than `limit` bytes. */
export function meter(limit: number, what: string): Transform & { bytes: number } {
  const counting = Object.assign(
    new Transform({
      transform(chunk: Buffer, _, done) {
        counting.bytes += chunk.length;
        if (counting.bytes <= limit) return done(null, chunk);
        done(new RequestError(413, `${what}: is over ${Math.floor(limit / MiB)} MiB; ${mend}`));
      },
    }),
    { bytes: 0 },
  );
  return counting;
}

const mend = 'split it, or copy it into the project folder yourself';

/** Stores a request's body at `path`. @returns its bytes. @throws RequestError, and nothing is left. */
export async function receive(
  request: Request,
  path: string,
  { limit, what }: { limit: number; what: string },
): Promise<number> {
  const announced = Number(request.headers.get('Content-Length') ?? 0);
  if (announced > limit) {
    throw new RequestError(413, `${what}: is over ${Math.floor(limit / MiB)} MiB; ${mend}`);
  }
  mkdirSync(dirname(path), { recursive: true });
  const counting = meter(limit, what);
  const body = request.body;
  const source = body
    ? Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
    : Readable.from([]);
  try {
    await pipeline(source, counting, createWriteStream(path, { flags: 'wx' }));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return counting.bytes;
}

/** A small body in memory. @throws RequestError */
export async function receiveBytes(request: Request, limit: number, what: string): Promise<Buffer> {
  const announced = Number(request.headers.get('Content-Length') ?? 0);
  const tooLarge = () => new RequestError(413, `${what}: is over ${Math.floor(limit / MiB)} MiB`);
  if (announced > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export type Content = 'png' | 'jpg' | 'gif' | 'bmp' | 'tif' | 'zip' | 'text' | 'other';

const signatures: readonly [Content, RegExp][] = [
  ['png', /^89504e470d0a1a0a/],
  ['jpg', /^ffd8ff/],
  ['gif', /^47494638(37|39)61/],
  ['bmp', /^424d/],
  ['tif', /^(49492a00|4d4d002a)/],
  ['zip', /^504b(0304|0506)/],
];

/** What a file is, by its first bytes. `text` has no zero byte at its beginning. */
export async function contentOf(path: string): Promise<Content> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const start = buffer.subarray(0, bytesRead);
    const hex = start.subarray(0, 16).toString('hex');
    const known = signatures.find(([, pattern]) => pattern.test(hex));
    return known?.[0] ?? (start.includes(0) || bytesRead === 0 ? 'other' : 'text');
  } finally {
    await file.close();
  }
}

/** Whether a file may stay: an image, or a table or annotation beside images. @returns why not, or null. */
export async function refusalOf(path: string, name: string, size: number): Promise<string | null> {
  const content = await contentOf(path);
  const extension = /\.([^./]+)$/.exec(name)?.[1].toLowerCase() ?? '';
  if (/^(png|jpe?g|tiff?|bmp|gif)$/.test(extension)) {
    return ['png', 'jpg', 'gif', 'bmp', 'tif'].includes(content)
      ? null
      : 'is no PNG, JPEG, TIFF, BMP or GIF inside, whatever its name says';
  }
  if (/^(json|geojson|csv)$/.test(extension)) {
    if (content !== 'text') return 'is not text';
    return size <= 64 * MiB ? null : 'is too large for a table';
  }
  return 'is not an image (PNG, JPEG, TIFF, BMP, GIF), a table or an annotation';
}

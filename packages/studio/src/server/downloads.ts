/** Files to take away: zips are packed as they are sent, a report comes without any right to run. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import type { Context } from 'hono';

export interface Packed {
  /** In the archive. */
  readonly name: string;
  readonly path: string;
}

/** All files below a folder, as they would lie in an archive below `prefix`. */
export function filesBelow(folder: string, prefix: string): Packed[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, name: `${prefix}/${path.slice(folder.length + 1).replaceAll('\\', '/')}` };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Compressing what is compressed already would only take time. */
const packedAlready = /\.(png|jpe?g|webp|safetensors|zip)$/i;

/** The files as a zip, read and packed piece by piece. */
export function zipped(c: Context, files: readonly Packed[], name: string): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const zip = new Zip((error, chunk, final) => {
        if (error) return controller.error(error);
        controller.enqueue(chunk);
        if (final) controller.close();
      });
      void pack(zip, files, () => ready(controller)).catch((error) => controller.error(error));
    },
  });
  return c.body(body, 200, attachment(name, 'application/zip'));
}

/** Waits while the reader is behind: an archive may be larger than memory. */
async function ready(controller: ReadableStreamDefaultController): Promise<void> {
  while ((controller.desiredSize ?? 1) < -64) await new Promise((done) => setTimeout(done, 10));
}

async function pack(zip: Zip, files: readonly Packed[], wait: () => Promise<void>): Promise<void> {
  for (const { name, path } of files) {
    const entry = packedAlready.test(name) ? new ZipPassThrough(name) : new ZipDeflate(name);
    entry.mtime = statSync(path).mtime;
    zip.add(entry);
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      entry.push(new Uint8Array(chunk));
      await wait();
    }
    entry.push(new Uint8Array(), true);
  }
  zip.end();
}

/** Headers of a file to be stored, never shown. */
export const attachment = (name: string, type: string): Record<string, string> => ({
  'Content-Type': type,
  'Content-Disposition': `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`,
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
});

/**
 * Unpacks a zip into a folder: no entry leaves it (zip slip), no link is made, and what is written is counted as it
 * is written, whatever the archive claims (zip bombs).
 */
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise } from 'yauzl';
import type { FileReceived, UploadLimits } from '../api.ts';
import { RequestError } from './errors.ts';
import { uploadedParts } from './paths.ts';
import { meter, refusalOf } from './receive.ts';

/** A file may be unpacked to so many times its size; images and masks of one colour stay below. */
const maxRatio = 200;

const isLink = ({ externalFileAttributes }: Entry) =>
  ((externalFileAttributes >>> 16) & 0o170000) === 0o120000;
const isHidden = (path: string) => /(^|\/)(\.|__MACOSX\/|Thumbs\.db$)/.test(path);

/**
 * @param limits of what is unpacked.
 * @returns files and bytes written. @throws RequestError for an archive that cannot be trusted; files may be left.
 */
export async function unzip(
  archive: string,
  folder: string,
  limits: Omit<UploadLimits, 'zip'>,
): Promise<FileReceived & { bytes: number }> {
  const result: FileReceived & { bytes: number } = { files: 0, skipped: [], bytes: 0 };
  const zip = await openPromise(archive, { autoClose: false }).catch(refuse);
  try {
    for await (const entry of zip.eachEntry()) {
      const path = entry.fileName;
      if (path.endsWith('/') || isHidden(path)) continue;
      const skip = (reason: string) => result.skipped.push({ path, reason });
      if (isLink(entry)) skip('is a link');
      else if (!entry.canDecodeFileData()) skip('is encrypted or packed in an unknown way');
      else if (result.files + 1 > limits.files) tooMuch(`holds over ${limits.files} files`);
      else {
        const target = join(folder, ...uploadedParts(path));
        const bytes = await unpack(zip.openReadStreamPromise(entry), target, {
          limit: limitOf(entry, result.bytes, limits),
          what: path,
        });
        const refusal = await refusalOf(target, path, bytes);
        if (refusal !== null) {
          rmSync(target);
          skip(refusal);
        } else result.files++;
        result.bytes += bytes;
      }
    }
  } catch (error) {
    throw refuse(error);
  } finally {
    zip.close();
  }
  return result;
}

function limitOf({ compressedSize }: Entry, bytes: number, limits: Omit<UploadLimits, 'zip'>) {
  const left = limits.total - bytes;
  return Math.min(limits.file, left, Math.max(2 ** 20, compressedSize * maxRatio));
}

async function unpack(
  opened: Promise<NodeJS.ReadableStream>,
  target: string,
  { limit, what }: { limit: number; what: string },
): Promise<number> {
  mkdirSync(dirname(target), { recursive: true });
  const counting = meter(limit, what);
  await pipeline(await opened, counting, createWriteStream(target, { flags: 'wx' }));
  return counting.bytes;
}

const tooMuch = (what: string): never => {
  throw new RequestError(413, `The zip ${what}; unpack it and add its folders one by one`);
};

/** What yauzl says (bad names, wrong sizes, damage) in our words. */
function refuse(error: unknown): never {
  if (error instanceof RequestError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new RequestError(422, `The zip cannot be unpacked (${reason}); pack it again`, {
    cause: error,
  });
}

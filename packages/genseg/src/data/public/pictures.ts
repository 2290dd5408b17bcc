/** Readers of images that are one picture a file: the usual formats, and JSRT's raw files. */
import { encode } from 'fast-png';
import { DataError } from '../../errors.ts';
import type { DataFiles } from '../files.ts';
import { decodeImage, type SourceImage } from '../image/read.ts';
import { readCaseMask } from '../read-case.ts';
import { foregroundOf, idsOf, merged } from './mask-classes.ts';
import type { MatchedCase, Picture, Reader } from './public-set.ts';

/**
 * Picture files. They are kept byte for byte; only one that EXIF says must be turned is turned and stored as PNG.
 * @param spacing mm per pixel, where all images have the same.
 */
export function pictures({ spacing }: { spacing?: number } = {}): Reader {
  return {
    atOnce: 4,
    async *read(one, { files, classes }) {
      const bytes = await files.bytes(one.image);
      const image = await decodeImage(bytes, files.locate(one.image));
      const turned = image.orientation > 1;
      yield {
        suffix: '',
        extension: turned ? '.png' : one.image.slice(one.image.lastIndexOf('.')).toLowerCase(),
        bytes: turned ? encode({ ...image, depth: image.bits }) : bytes,
        ...(await maskOf(one, image, { files, classes })),
        spacing: spacing === undefined ? null : [spacing, spacing],
      };
    },
  };
}

/**
 * Raw X-rays of JSRT: `side` x `side` big-endian 16-bit numbers, of which 12 bits are used, bones dark. Each 2 x 2
 * pixels become their mean, which is the size of the masks; bones become bright, and white 65,520.
 * @param spacing mm per pixel of the raw file.
 */
export function jsrtRaw({ side, spacing }: { side: number; spacing: number }): Reader {
  const half = side / 2;
  return {
    atOnce: 4,
    async *read(one, { files, classes }) {
      const bytes = await files.bytes(one.image);
      if (bytes.length !== 2 * side * side) {
        throw new DataError(
          `${files.locate(one.image)}: has ${bytes.length} bytes where ${side} x ${side} pixels of 2 bytes make ${2 * side * side}; copy it from the download again`,
        );
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const raw = (x: number, y: number) => view.getUint16(2 * (y * side + x));
      const data = new Uint16Array(half * half);
      for (let y = 0, i = 0; y < side; y += 2) {
        for (let x = 0; x < side; x += 2, i++) {
          const sum = raw(x, y) + raw(x + 1, y) + raw(x, y + 1) + raw(x + 1, y + 1);
          data[i] = Math.max(0, 4 * (4 * 4095 - sum)); // 16 times (4095 - mean)
        }
      }
      const image = { data, width: half, height: half, channels: 1, bits: 16 } as const;
      yield {
        suffix: '',
        extension: '.png',
        bytes: encode({ ...image, depth: image.bits }),
        ...(await maskOf(one, { ...image, orientation: 1, notes: [] }, { files, classes })),
        spacing: [2 * spacing, 2 * spacing],
      };
    },
  };
}

/** The merged mask files of an image, which must have its size. */
async function maskOf(
  { masks }: MatchedCase,
  image: SourceImage,
  { files, classes }: { files: DataFiles; classes: number },
): Promise<Pick<Picture, 'width' | 'height' | 'mask'>> {
  const parts: Uint8Array[] = [];
  for (const { path, class: id } of masks) {
    const mask = await readCaseMask(files, [{ path }], image);
    const file = files.locate(path);
    parts.push(id === undefined ? idsOf(mask, classes, file) : foregroundOf(mask, id, file));
  }
  const { width, height } = image;
  return { width, height, mask: parts.length === 0 ? null : merged(parts) };
}

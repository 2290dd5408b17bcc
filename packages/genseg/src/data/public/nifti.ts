/** Reads NIfTI volumes, plain or gzipped, as their stored numbers and where their axes lead. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type NIFTI1, type NIFTI2, readHeader } from 'nifti-reader-js';
import { DataError } from '../../errors.ts';

export interface Volume {
  /** Voxels along each axis; the first runs fastest in `stored`. */
  readonly shape: readonly [number, number, number];
  /** mm per voxel along each axis. */
  readonly spacing: readonly [number, number, number];
  /** By axis: how far a step leads to the right, front and top of the patient, in mm (NIfTI's "RAS+"). */
  readonly directions: readonly (readonly [right: number, front: number, up: number])[];
  /** A voxel's value is `slope * stored + intercept`. */
  readonly stored: ArrayLike<number>;
  readonly slope: number;
  readonly intercept: number;
}

/** NIfTI's data types, by its codes (nifti1.h). */
const types = {
  2: Uint8Array,
  4: Int16Array,
  8: Int32Array,
  16: Float32Array,
  64: Float64Array,
  256: Int8Array,
  512: Uint16Array,
  768: Uint32Array,
} as const;

/** Decodes a NIfTI file's bytes; `file` is only for messages. @throws DataError */
export async function decodeNifti(bytes: Uint8Array, file: string): Promise<Volume> {
  const plain = await unzipped(bytes, file);
  const header = headerOf(plain, file);
  const [dimensions, nx, ny = 1, third = 1, ...others] = header.dims;
  const nz = dimensions < 3 ? 1 : third;
  if (dimensions < 2 || others.slice(0, Math.max(0, dimensions - 3)).some((n) => n > 1)) {
    throw new DataError(
      `${file}: is a volume of ${dimensions} dimensions (${header.dims.slice(1, dimensions + 1).join(' x ')}) where 2 or 3 are expected; give one volume a file`,
    );
  }
  const Type = types[header.datatypeCode as keyof typeof types];
  if (!Type) {
    throw new DataError(
      `${file}: NIfTI data type ${header.datatypeCode} is not read; save it as integers or floats of one channel`,
    );
  }
  const count = nx * ny * nz;
  const start = header.vox_offset;
  const size = count * Type.BYTES_PER_ELEMENT;
  if (start + size > plain.length) {
    throw new DataError(
      `${file}: ends after ${plain.length} bytes where ${start + size} are expected; copy it from the download again`,
    );
  }
  const data = new Uint8Array(plain.buffer, plain.byteOffset + start, size);
  const [, dx, dy, dz] = header.pixDims.map(Math.abs);
  const affine = affineOf(header);
  return {
    shape: [nx, ny, nz],
    spacing: [dx, dy, dz],
    directions: [0, 1, 2].map((axis) => {
      const [right, front, up] = [0, 1, 2].map((row) => affine[row][axis]);
      return [right, front, up] as const;
    }),
    stored: numbers(data, Type, header.littleEndian),
    slope: header.scl_slope || 1, // nifti1.h: 0 means that there is no scaling
    intercept: header.scl_slope ? header.scl_inter : 0,
  };
}

/** Where a step along each axis leads, by columns: of nifti1.h's three methods the one that the header's codes name. */
function affineOf(header: NIFTI1 | NIFTI2): readonly (readonly number[])[] {
  const { qform_code: quaternion, sform_code: rows, pixDims, affine } = header;
  // Not in `affine` of NIfTI-2, and there NaN where float32 makes b^2 + c^2 + d^2 more than 1.
  if (quaternion > 0 && quaternion > rows) return header.getQformMat();
  if (rows > 0) return affine;
  return [0, 1, 2].map((row) => [0, 1, 2].map((axis) => (row === axis ? pixDims[axis + 1] : 0)));
}

async function unzipped(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return promisify(gunzip)(bytes).catch((cause: Error) => {
    throw new DataError(`${file}: is damaged (${cause.message}); copy it from the download again`, {
      cause,
    });
  });
}

function headerOf(bytes: Uint8Array, file: string): NIFTI1 | NIFTI2 {
  try {
    const { buffer, byteLength } = bytes;
    const alone = byteLength === buffer.byteLength; // small buffers of Node share memory
    return readHeader((alone ? buffer : new Uint8Array(bytes).buffer) as ArrayBuffer);
  } catch (cause) {
    throw new DataError(`${file}: is no NIfTI file; copy it from the download again`, { cause });
  }
}

type NumberType = (typeof types)[keyof typeof types];

/** A view of the bytes as numbers; copied only where they are misaligned or of the other byte order. */
function numbers(bytes: Uint8Array, Type: NumberType, littleEndian: boolean): ArrayLike<number> {
  const size = Type.BYTES_PER_ELEMENT;
  const inPlace = littleEndian && bytes.byteOffset % size === 0;
  const own = inPlace ? bytes : bytes.slice();
  if (!littleEndian) swapBytes(own, size);
  return new Type(own.buffer as ArrayBuffer, own.byteOffset, own.length / size);
}

function swapBytes(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (size === 2) buffer.swap16();
  if (size === 4) buffer.swap32();
  if (size === 8) buffer.swap64();
}

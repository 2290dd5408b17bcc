/**
 * Tensors in files: the safetensors format (huggingface.co/docs/safetensors). Eight bytes with the
 * header's length, a JSON header, the elements; nothing in it is ever executed. PyTorch reads and writes
 * it as `safetensors.torch.load_file` and `save_file`.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { writeAtomically } from './atomic.ts';
import { native } from './binding.ts';
import { type Device, type DType, dtypeCode } from './dtype.ts';
import { TorchError } from './errors.ts';
import { scope } from './lifetime.ts';
import { Tensor } from './ops.gen.ts';

/** The format's name and the bytes per element; complex128 has no name there. */
const FORMAT_DTYPES = new Map<DType, { name: string; bytes: number }>([
  ['float64', { name: 'F64', bytes: 8 }],
  ['complex64', { name: 'C64', bytes: 8 }],
  ['int64', { name: 'I64', bytes: 8 }],
  ['float32', { name: 'F32', bytes: 4 }],
  ['int32', { name: 'I32', bytes: 4 }],
  ['bfloat16', { name: 'BF16', bytes: 2 }],
  ['float16', { name: 'F16', bytes: 2 }],
  ['int16', { name: 'I16', bytes: 2 }],
  ['uint8', { name: 'U8', bytes: 1 }],
  ['int8', { name: 'I8', bytes: 1 }],
  ['bool', { name: 'BOOL', bytes: 1 }],
]);

const DTYPE_OF_NAME = new Map([...FORMAT_DTYPES].map(([dtype, { name }]) => [name, dtype]));

/** The format's own limit, so that a false length cannot ask for memory. */
const LONGEST_HEADER = 100_000_000;
const MOST_DIMENSIONS = 64; // LibTorch's
const LENGTH_BYTES = 8;
const METADATA_KEY = '__metadata__';

/** What the header says of one tensor. `begin` and `end` are bytes from the start of the elements. */
export interface SafetensorsEntry {
  dtype: DType;
  shape: number[];
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  /** In the order of their elements in the file. */
  tensors: Map<string, SafetensorsEntry>;
  metadata: Record<string, string>;
}

/** What is wrong with the content; `reading` and `writeAtomically` add which file. */
class FormatError extends Error {}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new FormatError(message);
}

/** A name from the file as one short line. */
function quoted(name: unknown): string {
  const text = JSON.stringify(name) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}..."` : text;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** JSON.parse takes the last of two equal keys; the format forbids them. The text must be valid JSON. */
function duplicateKey(json: string): string | undefined {
  const objects: Set<string>[] = []; // the keys of those that are open
  let begin = -1; // of the string that is open
  let text = ''; // the last string
  for (const { 0: token, index } of json.matchAll(/\\.|["{}:]/g)) {
    if (token === '"') {
      if (begin >= 0) text = json.slice(begin, index + 1);
      begin = begin >= 0 ? -1 : index;
    } else if (begin >= 0) {
      // Inside a string these characters mean themselves.
    } else if (token === '{') {
      objects.push(new Set());
    } else if (token === '}') {
      objects.pop();
    } else {
      const key = JSON.parse(text) as string;
      if (objects.at(-1)!.has(key)) return key;
      objects.at(-1)!.add(key);
    }
  }
  return undefined;
}

function parseMetadata(value: unknown): Record<string, string> {
  const strings = isObject(value) && Object.values(value).every((text) => typeof text === 'string');
  check(strings, `${METADATA_KEY} is not an object of strings`);
  return value as Record<string, string>;
}

function parseEntry(name: string, value: unknown): SafetensorsEntry {
  const where = `tensor ${quoted(name)}`;
  check(isObject(value), `${where} is not described by an object`);
  const { dtype: code, shape, data_offsets: offsets } = value;
  const dtype = DTYPE_OF_NAME.get(code as string);
  check(
    dtype !== undefined,
    `${where} has dtype ${quoted(code)}; known: ${[...DTYPE_OF_NAME.keys()].join(', ')}`,
  );
  check(Array.isArray(shape) && shape.every(isCount), `${where} has a shape that is not of counts`);
  check(shape.length <= MOST_DIMENSIONS, `${where} has over ${MOST_DIMENSIONS} dimensions`);
  check(
    Array.isArray(offsets) && offsets.length === 2 && offsets.every(isCount),
    `${where} has data_offsets that are not two counts`,
  );
  // Without the zeros: their product must fit too, LibTorch computes strides from it.
  const extent = shape.reduce((product: number, size: number) => product * (size || 1), 1);
  const bytes = (shape.includes(0) ? 0 : extent) * FORMAT_DTYPES.get(dtype)!.bytes;
  const [begin, end] = offsets;
  check(
    Number.isSafeInteger(extent) && end - begin === bytes,
    `${where} of shape [${shape.slice(0, 8)}] and dtype ${code} does not fill its data_offsets [${offsets}]`,
  );
  return { dtype, shape, begin, end };
}

/** @param size bytes of elements in the file, which the entries must fill without gap or overlap. */
function parseHeader(bytes: Uint8Array, size: number): SafetensorsHeader {
  let json: string;
  let parsed: unknown;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new FormatError(`its header is not JSON in UTF-8 (${quoted((cause as Error).message)})`);
  }
  check(isObject(parsed), 'its header is not a JSON object');
  const { [METADATA_KEY]: metadata = {}, ...described } = parsed;
  const tensors = Object.entries(described)
    .map(([name, value]) => [name, parseEntry(name, value)] as const)
    .sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let filled = 0;
  for (const [name, { begin, end }] of tensors) {
    check(
      begin === filled,
      `tensor ${quoted(name)} begins at byte ${begin}, the one before ends at ${filled}`,
    );
    filled = end;
  }
  check(filled === size, `its header describes ${filled} bytes of elements, the file has ${size}`);
  const header = { tensors: new Map(tensors), metadata: parseMetadata(metadata) };
  const twice = duplicateKey(json);
  check(twice === undefined, `its header has the key ${quoted(twice)} twice`);
  return header;
}

/** Node reads and writes less than 2 GiB in one call. */
const LARGEST_PIECE = 2 ** 30;

function readFully(file: number, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.length; ) {
    const length = Math.min(target.length - done, LARGEST_PIECE);
    const read = readSync(file, target, done, length, position + done);
    check(read > 0, 'it ends too early');
    done += read;
  }
}

function writeFully(file: number, source: Uint8Array): void {
  for (let done = 0; done < source.length; ) {
    done += writeSync(file, source, done, Math.min(source.length - done, LARGEST_PIECE));
  }
}

/** Opens, checks and reads the header; `body` gets the position of the elements. */
function reading<T>(
  path: string,
  body: (file: number, header: SafetensorsHeader, start: number) => T,
): T {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { size } = fstatSync(file);
    check(size >= LENGTH_BYTES, `it has ${size} bytes, fewer than a header's length takes`);
    const length = new Uint8Array(LENGTH_BYTES);
    readFully(file, length, 0);
    const headerBytes = Number(new DataView(length.buffer).getBigUint64(0, true));
    check(
      headerBytes <= LONGEST_HEADER && headerBytes <= size - LENGTH_BYTES,
      `it claims a header of ${headerBytes} bytes; the file has ${size}, the format allows ${LONGEST_HEADER}`,
    );
    const header = new Uint8Array(headerBytes);
    readFully(file, header, LENGTH_BYTES);
    const start = LENGTH_BYTES + headerBytes;
    return body(file, parseHeader(header, size - start), start);
  } catch (cause) {
    if (cause instanceof FormatError) {
      throw new TorchError(`${path} is not a whole safetensors file: ${cause.message}`);
    }
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new TorchError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** What a file holds, without reading its elements. @throws TorchError as `loadSafetensors`. */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  return reading(path, (_file, header) => header);
}

/**
 * The tensors of a file, in its order, and its metadata.
 * The file may come from anyone: every length and offset is checked before it is followed.
 *
 * @throws TorchError, with the path, for a file that is missing, cut off or not of the format.
 */
export function loadSafetensors(
  path: string,
  options: { device?: Device } = {},
): { tensors: Map<string, Tensor>; metadata: Record<string, string> } {
  const { device = 'cpu' } = options;
  return reading(path, (file, header, start) =>
    scope(() => {
      const { tensors: entries, metadata } = header;
      const largest = [...entries.values()].reduce((most, e) => Math.max(most, e.end - e.begin), 0);
      const buffer = new Uint8Array(largest);
      const tensors = new Map<string, Tensor>();
      for (const [name, { dtype, shape, begin, end }] of entries) {
        const bytes = buffer.subarray(0, end - begin);
        readFully(file, bytes, start + begin);
        // LibTorch may assume that a bool is 0 or 1.
        const sound = dtype !== 'bool' || bytes.every((byte) => byte <= 1);
        check(sound, `tensor ${quoted(name)} is BOOL and has a byte other than 0 and 1`);
        const made = scope(() =>
          new Tensor(native.fromBytes(bytes, shape, dtypeCode(dtype)!)).to({ device }),
        );
        tensors.set(name, made);
      }
      return { tensors, metadata };
    }),
  );
}

/** The header's text, padded with spaces so that the elements begin at a multiple of 8 bytes. */
function headerBytes(entries: Record<string, unknown>): Uint8Array {
  const json = Buffer.from(JSON.stringify(entries));
  check(json.length <= LONGEST_HEADER, `its header would exceed ${LONGEST_HEADER} bytes`);
  const header = Buffer.alloc(LENGTH_BYTES + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - LENGTH_BYTES));
  json.copy(header, LENGTH_BYTES);
  return header;
}

/** Wide elements first, so that each tensor is aligned, then by name: equal content, equal bytes. */
function inFileOrder(tensors: Iterable<[string, Tensor]>) {
  return [...tensors]
    .map(([name, tensor]) => {
      const format = FORMAT_DTYPES.get(tensor.dtype);
      check(name !== METADATA_KEY, `no tensor can have the name ${METADATA_KEY}`);
      check(
        format !== undefined,
        `tensor ${quoted(name)} is ${tensor.dtype}, which the format lacks; save viewAsReal() of it`,
      );
      return { name, tensor, format };
    })
    .sort((a, b) => b.format.bytes - a.format.bytes || (a.name < b.name ? -1 : 1));
}

/**
 * Writes tensors of any device to a file. The file appears whole or not at all, and its bytes depend
 * on names, values and metadata alone, not on the order of the entries.
 *
 * @param options.metadata strings for `__metadata__`.
 * @throws TorchError, with the path, when it cannot be written.
 * @example saveSafetensors('unet.safetensors', model.stateDict(), { metadata: { format: 'pt' } });
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>,
  options: { metadata?: Readonly<Record<string, string>> } = {},
): void {
  const { metadata = {} } = options;
  writeAtomically(path, (unfinished) => {
    const sorted = inFileOrder(tensors instanceof Map ? tensors : Object.entries(tensors));
    const entries: [string, unknown][] = [];
    const named = Object.entries(parseMetadata(metadata)).sort(([a], [b]) => (a < b ? -1 : 1));
    if (named.length > 0) entries.push([METADATA_KEY, Object.fromEntries(named)]);
    let end = 0;
    for (const { name, tensor, format } of sorted) {
      const begin = end;
      end += tensor.nbytes;
      entries.push([name, { dtype: format.name, shape: tensor.shape, data_offsets: [begin, end] }]);
    }
    const header = headerBytes(Object.fromEntries(entries));
    const file = openSync(unfinished, 'w');
    try {
      writeFully(file, header);
      for (const { tensor } of sorted) {
        writeFully(file, new Uint8Array(tensor.toTypedArray().buffer));
      }
    } finally {
      closeSync(file);
    }
  });
}

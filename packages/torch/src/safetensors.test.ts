import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DType,
  liveTensors,
  loadSafetensors,
  readSafetensorsHeader,
  saveSafetensors,
  scope,
  type Tensor,
  TorchError,
  tensor,
  zeros,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'x.safetensors');

let before = 0;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => expect(liveTensors()).toBe(before));

/** A file by hand, as the specification says. */
function write(header: unknown, elements: Uint8Array = new Uint8Array()): void {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, elements]));
}

const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const DTYPES: DType[] = [
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'float32',
  'float64',
  'complex64',
  'bool',
  'bfloat16',
];

describe('round trip', () => {
  it.each(DTYPES)('%s', (dtype) => {
    scope(() => {
      const value = tensor([0, 1, 2, 100, 4, 5], { shape: [2, 3], dtype });
      saveSafetensors(path, { value });
      const { tensors } = loadSafetensors(path);
      const read = tensors.get('value')!;
      expect(read.dtype).toBe(dtype);
      expect(read.shape).toEqual([2, 3]);
      expect(read.toTypedArray()).toEqual(value.toTypedArray());
    });
  });

  it('scalars, empty tensors, views, parameters, odd names and metadata', () => {
    scope(() => {
      const matrix = tensor([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: a matrix
      const saved = new Map<string, Tensor>([
        ['__proto__', tensor(7)],
        ['0', zeros([3, 0, 2])],
        ['größe "x"\n', matrix.transpose(0, 1)],
        ['weight', tensor([1.5], { requiresGrad: true })],
      ]);
      const metadata = { format: 'pt', note: 'µ' };
      saveSafetensors(path, saved, { metadata });
      const read = loadSafetensors(path);
      expect(read.metadata).toEqual(metadata);
      expect(new Set(read.tensors.keys())).toEqual(new Set(saved.keys()));
      expect(read.tensors.get('__proto__')!.shape).toEqual([]);
      expect(read.tensors.get('0')!.shape).toEqual([3, 0, 2]);
      expect(read.tensors.get('größe "x"\n')!.toArray()).toEqual([1, 4, 2, 5, 3, 6]);
      expect(read.tensors.get('weight')!.requiresGrad).toBe(false);
      expect(readSafetensorsHeader(path).tensors.get('weight')).toMatchObject({
        dtype: 'float32',
        shape: [1],
      });
    });
  });

  it('depends on the content, not on the order of the entries, and aligns every tensor', () => {
    scope(() => {
      const a = tensor([true, false, true]);
      const b = tensor([1, 2]);
      const c = tensor([3], { dtype: 'float64' });
      saveSafetensors(path, { a, b, c }, { metadata: { x: '1', y: '2' } });
      const first = readFileSync(path);
      saveSafetensors(path, { c, b, a }, { metadata: { y: '2', x: '1' } });
      expect(readFileSync(path).equals(first)).toBe(true);
      const length = Number(first.readBigUInt64LE());
      expect(length % 8).toBe(0);
      const { tensors } = readSafetensorsHeader(path);
      expect([...tensors].map(([name, { begin }]) => [name, begin])).toEqual([
        ['c', 0],
        ['b', 8],
        ['a', 16],
      ]);
    });
  });
});

describe('a file of the specification', () => {
  it('is read', () => {
    const elements = new Uint8Array(14);
    const view = new DataView(elements.buffer);
    view.setUint16(0, 0x3f80, true); // bfloat16 1
    view.setFloat32(2, 1.5, true);
    view.setFloat32(6, -2, true);
    view.setInt32(10, -7, true);
    write(
      `${JSON.stringify({
        __metadata__: { made: 'by hand' },
        i: entry('I32', [], 10, 14),
        h: entry('BF16', [1], 0, 2),
        f: entry('F32', [1, 2], 2, 10),
      })}   `,
      elements,
    );
    scope(() => {
      const { tensors, metadata } = loadSafetensors(path);
      expect(metadata).toEqual({ made: 'by hand' });
      expect([...tensors.keys()]).toEqual(['h', 'f', 'i']);
      expect(tensors.get('h')!.to({ dtype: 'float32' }).toArray()).toEqual([1]);
      expect(tensors.get('f')!.toArray()).toEqual([1.5, -2]);
      expect(tensors.get('i')!.item()).toBe(-7);
    });
  });

  it('may hold nothing', () => {
    write({});
    expect(loadSafetensors(path).tensors.size).toBe(0);
  });
});

describe('a hostile file', () => {
  const four = new Uint8Array(4);
  const refusals: [what: string, write: () => void, message: RegExp][] = [
    ['no header', () => writeFileSync(path, 'abc'), /3 bytes/],
    ['a huge header', () => writeFileSync(path, Buffer.alloc(16, 255)), /claims a header/],
    ['no JSON', () => write('{"a":'), /not JSON/],
    ['no object', () => write([]), /not a JSON object/],
    ['invalid UTF-8', () => writeFileSync(path, '\x02\0\0\0\0\0\0\0\xff\xff', 'latin1'), /UTF-8/],
    ['a byte order mark', () => write('\ufeff{}'), /not JSON/],
    ['no entry', () => write({ a: 3 }), /not described/],
    ['an unknown dtype', () => write({ a: entry('F7', [1], 0, 4) }, four), /dtype "F7"/],
    ['a prototype as dtype', () => write({ a: entry('toString', [1], 0, 4) }, four), /dtype/],
    ['a negative size', () => write({ a: entry('F32', [-1], 0, 4) }, four), /shape/],
    ['a fractional size', () => write({ a: entry('F32', [1.5], 0, 4) }, four), /shape/],
    ['a shape of text', () => write({ a: entry('F32', ['1'], 0, 4) }, four), /shape/],
    ['a huge size', () => write({ a: entry('F32', [2 ** 52, 4], 0, 4) }, four), /does not fill/],
    [
      'a huge empty shape',
      () => write({ a: entry('F32', [2 ** 52, 4, 0], 0, 0) }),
      /does not fill/,
    ],
    ['many dimensions', () => write({ a: entry('U8', Array(65).fill(1), 0, 1) }, four), /64/],
    ['a wrong size', () => write({ a: entry('F32', [2], 0, 4) }, four), /does not fill/],
    ['negative offsets', () => write({ a: entry('F32', [1], -4, 0) }, four), /data_offsets/],
    ['reversed offsets', () => write({ a: entry('F32', [1], 4, 0) }, four), /does not fill/],
    [
      'offsets beyond the file',
      () => write({ a: entry('F32', [2], 0, 8) }, four),
      /the file has 4/,
    ],
    ['elements not described', () => write({ a: entry('U8', [3], 0, 3) }, four), /the file has 4/],
    ['a gap', () => write({ a: entry('U8', [2], 2, 4) }, four), /begins at byte 2/],
    [
      'an overlap',
      () => write({ a: entry('U8', [3], 0, 3), b: entry('U8', [2], 2, 4) }, four),
      /begins at byte 2/,
    ],
    [
      'a name twice',
      () => {
        const empty = JSON.stringify(entry('U8', [0], 0, 0));
        write(`{"a":${empty},":{}":${empty},"__metadata__":{"x":"\\""},"\\u0061" :${empty}}`);
      },
      /"a" twice/,
    ],
    ['an attribute twice', () => write('{"__metadata__":{"x":"1","x":"2"}}'), /"x" twice/],
    ['metadata of numbers', () => write({ __metadata__: { x: 1 } }), /object of strings/],
    ['a bool of 2', () => write({ a: entry('BOOL', [1], 0, 1) }, Uint8Array.of(2)), /0 and 1/],
    ['a deep header', () => write('['.repeat(1e6)), /not JSON/],
    [
      'a long text',
      () => write(`{"__metadata__":{"x":"${'\\n'.repeat(2e6)}","x":""}}`),
      /"x" twice/,
    ],
  ];
  it.each(refusals)('%s', (_what, make, message) => {
    make();
    let error: unknown;
    try {
      loadSafetensors(path);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TorchError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(path);
  });

  it('never does more than fail, whatever bytes are changed, cut or added', () => {
    scope(() => saveSafetensors(path, { a: zeros([2, 2]), b: tensor([true]) }));
    const valid = readFileSync(path);
    const change = fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255) });
    let read = 0;
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(valid.length + 8), (changes, cut) => {
        const bytes = Buffer.concat([valid, Buffer.alloc(8)]).subarray(0, valid.length);
        for (const { at, byte } of changes) bytes[at] = byte;
        writeFileSync(path, bytes.subarray(0, cut));
        try {
          scope(() => void loadSafetensors(path));
          read++;
        } catch (error) {
          expect(error).toBeInstanceOf(TorchError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(read).toBeGreaterThan(0); // some changes are harmless: the property saw both ends
  });
});

describe('a file that cannot be used', () => {
  it('is named when it is missing', () => {
    expect(() => loadSafetensors(join(folder, 'none'))).toThrow(/cannot read .*none: ENOENT/);
  });

  it('leaves the former file and no other when writing fails', () => {
    scope(() => {
      saveSafetensors(path, { a: tensor(1) });
      const bytes = readFileSync(path);
      const complex = zeros([1], { dtype: 'complex128' });
      expect(() => saveSafetensors(path, { complex })).toThrow(/complex128.*viewAsReal/);
      expect(() => saveSafetensors(path, { __metadata__: tensor(1) })).toThrow(/name/);
      const disposed = tensor(1);
      disposed.dispose();
      expect(() => saveSafetensors(path, { disposed })).toThrow(/disposed/);
      const absent = join(folder, 'absent', 'x.safetensors');
      expect(() => saveSafetensors(absent, {})).toThrow(/cannot write .*ENOENT/);
      const numbers = { epoch: 3 } as unknown as Record<string, string>;
      expect(() => saveSafetensors(path, {}, { metadata: numbers })).toThrow(/strings/);
      expect(readFileSync(path).equals(bytes)).toBe(true);
      expect(readdirSync(folder)).toEqual(['x.safetensors']);
    });
  });
});

// What `safetensors.torch.load_file(path)` does, for a Python that has PyTorch but not that package.
const PYTHON_READER = `
import json, struct, sys, torch
names = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
         "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
         "U8": torch.uint8, "BOOL": torch.bool, "C64": torch.complex64}
data = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + length])
header.pop("__metadata__", None)
tensors = {}
for name, t in header.items():
    begin, end = (8 + length + offset for offset in t["data_offsets"])
    flat = torch.frombuffer(bytearray(data[begin:end]), dtype=names[t["dtype"]])
    tensors[name] = flat.reshape(t["shape"])
print(json.dumps({name: [str(t.dtype), torch.view_as_real(t).tolist() if t.is_complex() else t.tolist()]
                  for name, t in tensors.items()}))
`;

const PYTHON = '/usr/bin/python3';
const hasTorch = spawnSync(PYTHON, ['-c', 'import torch']).status === 0;

it.skipIf(!hasTorch)(`is read by PyTorch (needs ${PYTHON} with torch)`, () => {
  scope(() => {
    const tensors = Object.fromEntries(
      DTYPES.map((dtype) => [dtype, tensor([[0, 1, 1]], { dtype })]),
    );
    saveSafetensors(path, tensors, { metadata: { format: 'pt' } });
    const read = JSON.parse(
      execFileSync(PYTHON, ['-c', PYTHON_READER, path], { encoding: 'utf8' }),
    );
    for (const dtype of DTYPES) {
      const [name, values] = read[dtype];
      expect(name).toBe(`torch.${dtype}`);
      const expected = dtype === 'complex64' ? [[[0, 0], [1, 0], [1, 0]]] : [[0, 1, 1]]; // biome-ignore format: pairs
      expect(JSON.stringify(values, (_, v) => (typeof v === 'boolean' ? Number(v) : v))).toBe(
        JSON.stringify(expected),
      );
    }
  });
});

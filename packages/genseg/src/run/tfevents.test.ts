import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { crc32c, TensorBoardLog } from './tfevents.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  // RFC 3720, appendix B.4
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(0xff), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  // the check value of the CRC catalogues
  [Buffer.from('123456789'), 0xe3069283],
])('crc32c of %o', (data, expected) => {
  expect(crc32c(data)).toBe(expected);
});

/** Splits a file into the data of its records, both checksums checked. */
function readRecords(file: Buffer): Buffer[] {
  const masked = (data: Buffer) => {
    const crc = BigInt(crc32c(data));
    return Number((((crc >> 15n) | (crc << 17n)) & 0xffffffffn) + 0xa282ead8n) % 2 ** 32;
  };
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(masked(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(masked(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

/** The fields of a protocol buffer as [number, value]: number, float, double or bytes. */
function decode(message: Buffer): [number, number | Buffer][] {
  const fields: [number, number | Buffer][] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(message[at++]);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return Number(value);
    }
  };
  const fixed = (size: number) => {
    at += size;
    return message.subarray(at - size, at);
  };
  while (at < message.length) {
    const key = varint();
    const value = {
      0: () => varint(),
      1: () => fixed(8).readDoubleLE(),
      2: () => fixed(varint()),
      5: () => fixed(4).readFloatLE(),
    }[key & 7]!();
    fields.push([key >> 3, value]);
  }
  return fields;
}

const onlyFile = () => {
  const [name] = readdirSync(folder);
  return { name, events: readRecords(readFileSync(join(folder, name))).map(decode) };
};

test('a file begins with its version and holds the scalars of every step', () => {
  const step = 3_000_000_000; // beyond 32 bits
  {
    using log = new TensorBoardLog(folder);
    log.scalars(step, { 'loss/train': 0.5, Größe: -1.25 });
    log.scalars(300, { 'loss/train': Number.NaN });
  }
  const { name, events } = onlyFile();
  expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\./);

  const [[, wallTime], version] = events[0];
  expect(Math.abs(Number(wallTime) - Date.now() / 1000)).toBeLessThan(60);
  expect(version).toEqual([3, Buffer.from('brain.Event:2')]);

  const [, stepField, [summaryField, summary]] = events[1];
  expect(stepField).toEqual([2, step]);
  expect(summaryField).toBe(5);
  const values = decode(summary as Buffer).map(([field, value]) => {
    expect(field).toBe(1);
    return decode(value as Buffer);
  });
  expect(values).toEqual([
    [
      [1, Buffer.from('loss/train')],
      [2, 0.5],
    ],
    [
      [1, Buffer.from('Größe')],
      [2, -1.25],
    ],
  ]);
  expect(events[2][1]).toEqual([2, 300]);
});

test('a resumed run tells TensorBoard to drop the steps it repeats', () => {
  new TensorBoardLog(folder, { resumeAfter: 20 })[Symbol.dispose]();
  const { events } = onlyFile();
  const [, step, [field, session]] = events[1];
  expect([step, field]).toEqual([[2, 21], 7]);
  expect(decode(session as Buffer)).toEqual([[1, 1]]); // status START
});

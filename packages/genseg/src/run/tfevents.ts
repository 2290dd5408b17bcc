/**
 * Scalar curves in TensorBoard's event files: TFRecord frames (length, data, masked CRC-32C of both)
 * around hand-encoded protocol buffers of tensorflow/core/util/event.proto:
 *
 *     Event      { double wall_time = 1; int64 step = 2; string file_version = 3;
 *                  Summary summary = 5; SessionLog session_log = 7 }
 *     Summary    { repeated Value value = 1 }   Value { string tag = 1; float simple_value = 2 }
 *     SessionLog { enum status = 1 }            START = 1
 */

import { appendFileSync, closeSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writing } from './atomic.ts';

export interface TensorBoardOptions {
  /** The step a run resumes from: TensorBoard then drops what earlier files say of later steps. */
  readonly resumeAfter?: number;
}

/** Writes one new event file in `folder`; every process of a run, resumed or not, has its own. */
export class TensorBoardLog implements Disposable {
  readonly #path: string;
  readonly #descriptor: number;

  constructor(folder: string, { resumeAfter }: TensorBoardOptions = {}) {
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0');
    const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}`;
    this.#path = join(folder, name);
    this.#descriptor = writing(this.#path, () => openSync(this.#path, 'a'));
    this.#append(text(3, 'brain.Event:2'));
    if (resumeAfter !== undefined) {
      const start = varintField(1, 1);
      this.#append(Buffer.concat([varintField(2, resumeAfter + 1), bytes(7, start)]));
    }
  }

  /** Adds the values of several tags at a step. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    const summary = Object.entries(values).map(([tag, value]) =>
      bytes(1, Buffer.concat([text(1, tag), float(2, value)])),
    );
    this.#append(Buffer.concat([varintField(2, step), bytes(5, Buffer.concat(summary))]));
  }

  #append(event: Buffer): void {
    const data = Buffer.concat([double(1, Date.now() / 1000), event]);
    writing(this.#path, () => appendFileSync(this.#descriptor, record(data)));
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** A TFRecord: uint64 length, masked CRC of the length, data, masked CRC of the data. */
function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, maskedCrc(length), data, maskedCrc(data)]);
}

function maskedCrc(data: Buffer): Buffer {
  const crc = crc32c(data);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

/** The CRC of every byte: Castagnoli's polynomial, reflected. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C as in RFC 3720. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// Fields of a protocol buffer: the key (number << 3 | wire type), then the value.

function varint(value: number): Buffer {
  const groups: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    groups.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...groups, rest]);
}

const key = (field: number, wireType: 0 | 1 | 2 | 5) => varint((field << 3) | wireType);

const varintField = (field: number, value: number) => Buffer.concat([key(field, 0), varint(value)]);

const bytes = (field: number, value: Buffer) =>
  Buffer.concat([key(field, 2), varint(value.length), value]);

const text = (field: number, value: string) => bytes(field, Buffer.from(value));

function double(field: number, value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), buffer]);
}

function float(field: number, value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return Buffer.concat([key(field, 5), buffer]);
}

/**
 * Makes wrong calls of operators one after another, and may die of one: before each it notes which in a
 * file that the parent (misuse.test.ts) reads. Plain JavaScript on the addon's own exports, so that
 * nothing stands between the call and LibTorch.
 *
 *     node packages/torch/test/misuse/child.mjs max_pool2d 57    # one call again, printed
 */
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { native } from '../../dist/binding.js';
import { dtypeCode, formatCode } from '../../dist/dtype.js';
import { OPERATORS, TorchError } from '../../dist/index.js';
import { EXPORTS, seedOf, wrongCall } from './calls.mjs';

const MEMORY = 2 ** 26;
const GOLDEN = fileURLToPath(new URL('../golden', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'genseg-misuse-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
native.setThreads(2); // what is thrown on another thread has further to go
native.setMemoryLimit(MEMORY);

const indexOf = new Map(OPERATORS.map(([name], index) => [name, index]));
const goldenCases = JSON.parse(readFileSync(join(GOLDEN, 'operators.json'), 'utf8'));

// From descriptions (calls.mjs) to values.

const COMPLEX = new Set([9, 10]);
const FLOATING = new Set([5, 6, 7, 9, 10, 15]);
const ARRAYS = {
  0: Uint8Array,
  1: Int8Array,
  2: Int16Array,
  3: Int32Array,
  4: BigInt64Array,
  5: Uint16Array,
  6: Float32Array,
  7: Float64Array,
  9: Float32Array,
  10: Float64Array,
  11: Uint8Array,
  15: Uint16Array,
};

const element = {
  normal: (k) => 3 * Math.sin(k + 1),
  index: (k) => k % 4,
  zero: () => 0,
  nan: () => Number.NaN,
  infinite: () => Number.POSITIVE_INFINITY,
  least: (k) => (k % 2 ? -1 : Number.NEGATIVE_INFINITY), // of integers the most negative
  huge: (k) => (k % 2 ? 2 ** 62 : -(2 ** 62)),
};

const LEAST = { 1: -(2 ** 7), 2: -(2 ** 15), 3: -(2 ** 31), 4: -(2n ** 63n) };
const ONE = { 5: 0x3c00, 15: 0x3f80 }; // the bits of float16 and bfloat16
const INFINITY = { 5: 0x7c00, 15: 0x7f80 };

/** The number as an element of a typed array; of 16-bit floats any between 1 and 2 for what is finite. */
function elementOf(dtype, value, k) {
  if (dtype === 11) return value > 0 ? 1 : 0;
  if (ONE[dtype]) {
    if (Number.isNaN(value)) return 0x7fff;
    if (value === 0) return 0;
    return Number.isFinite(value) ? ONE[dtype] + (k % 64) : INFINITY[dtype];
  }
  if (FLOATING.has(dtype)) return value;
  if (value === Number.NEGATIVE_INFINITY && LEAST[dtype]) return LEAST[dtype];
  const whole = Number.isFinite(value) ? Math.trunc(value) : 0;
  return dtype === 4 ? BigInt(whole) : whole;
}

function elements(dtype, values, count) {
  const array = new ARRAYS[dtype](COMPLEX.has(dtype) ? 2 * count : count);
  for (let k = 0; k < array.length; k++) array[k] = elementOf(dtype, element[values](k), k);
  return array;
}

const viewOf = {
  transposed: (handle, shape) =>
    shape.length > 1 && native.call(indexOf.get('transpose.int'), handle, 0, shape.length - 1),
  expanded: (handle, shape) => native.call(indexOf.get('expand'), handle, [2, ...shape]),
  offset: (handle, shape) => shape[0] > 0 && native.call(indexOf.get('slice.Tensor'), handle, 0, 1),
};

/** @param born takes the handles made on the way. */
function makeTensor({ tensor: shape, dtype, values, data, view, grad }, born) {
  const count = shape.reduce((a, b) => a * b, 1);
  const source =
    data === undefined
      ? elements(dtype, values, count)
      : Uint8Array.from(Buffer.from(data, 'base64'));
  const handle = native.fromBytes(source, shape, dtype);
  const viewed = (view && viewOf[view](handle, shape)) || handle;
  born.push(handle, viewed);
  if (grad && FLOATING.has(dtype)) native.setRequiresGrad(viewed, true);
  return viewed;
}

function makeObject(kind, born) {
  switch (kind) {
    case 'cyclic': {
      const list = [];
      list.push(list);
      return list;
    }
    case 'hostile': // frees what the call was given before, while the call reads it
      return Object.defineProperty([0, 1], 0, {
        get() {
          for (const handle of born) native.remove(handle);
          if (born.length % 2) throw new Error('hostile');
          return 0;
        },
      });
    case 'function':
      return () => 0;
    case 'symbol':
      return Symbol('s');
    case 'sparse':
      return new Array(2 ** 32 - 1);
    default:
      return { length: 1, 0: 1 };
  }
}

/** The path of a script; a torn one lacks its end or has other bytes in the middle. */
function scriptFile({ path, torn }) {
  if (!torn) return join(GOLDEN, path);
  const bytes = readFileSync(join(GOLDEN, path));
  const at = Math.floor(bytes.length * torn);
  const file = join(folder, 'torn.pt');
  writeFileSync(file, torn < 0.5 ? bytes.subarray(0, 2 * at) : bytes.fill(at, at - 16, at));
  return file;
}

function build(value, born) {
  const added = (handle) => {
    born.push(handle);
    return handle;
  };
  if (Array.isArray(value)) return value.map((item) => build(item, born));
  if (typeof value !== 'object' || value === null) return value;
  if (value.tensor) return makeTensor(value, born);
  if (value.wrapped) return { handle: build(value.wrapped, born) };
  if (value.object) return makeObject(value.object, born);
  if (value.path) return scriptFile(value);
  if (value.script) return added(native.loadScript(join(GOLDEN, value.script), 'cpu'));
  if ('bytes' in value) return new Uint8Array(value.bytes);
  if ('generator' in value) return added(native.createGenerator('cpu', value.generator));
  const handle = build(
    value.disposed === 'tensor' ? { tensor: [1], dtype: 6, values: 'zero' } : { generator: 0 },
    [],
  );
  native.remove(handle);
  return handle;
}

// Right calls, described.

function described(value, type) {
  if (Array.isArray(value)) return value.map((item) => described(item, type));
  if (value?.data !== undefined) {
    const { shape, dtype, data } = value;
    return { tensor: shape, dtype: dtypeCode(dtype), data };
  }
  if (value?.seed !== undefined) return { generator: value.seed };
  if (typeof value !== 'string') return value;
  if (type.startsWith('ScalarType')) return dtypeCode(value);
  return type.startsWith('MemoryFormat') ? formatCode(value) : value;
}

/** What wrongCall needs to know of an operator, or of an export: 'native.at'. */
function targetOf(operator) {
  const name = operator.replace(/^native\./, '');
  if (name !== operator) return { cases: EXPORTS[name], make: native[name] };
  const index = indexOf.get(operator);
  const schema = native.schema(operator)?.arguments ?? [];
  const parameters = OPERATORS[index]
    .slice(1)
    .map((name) => schema.find((argument) => argument.name === name) ?? { name, type: '' });
  const cases = goldenCases
    .filter((test) => test.operator === operator)
    .map((test) => parameters.map(({ name, type }) => described(test.arguments[name], type)));
  return { parameters, cases, make: (...given) => native.call(index, ...given) };
}

// The calls.

const numbersIn = (value) => {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn);
  return typeof value === 'number' ? [value] : [];
};

/** Differentiates what the call made or changed, and the derivatives again: the backward kernels. */
function differentiate(born) {
  const tensors = [...new Set(born)].filter((handle) => {
    try {
      return native.requiresGrad(handle);
    } catch {
      return false; // disposed by the call, or no tensor
    }
  });
  const small = (tensor) => native.shape(tensor).reduce((a, b) => a * b, 1) < 2 ** 20;
  const leaves = tensors.filter(native.isLeaf);
  let outputs = tensors.filter((tensor) => !native.isLeaf(tensor) && small(tensor));
  for (let order = 1; order <= 2 && outputs.length > 0 && leaves.length > 0; order++) {
    const made = native.grad(outputs, leaves, outputs, true, order === 1, true);
    const gradients = made.filter((gradient) => gradient !== null);
    born.push(...gradients);
    outputs = gradients.filter(native.requiresGrad);
  }
}

/** @returns the error that the call, or its derivatives, ended in. */
function attempt({ make }, { given, room }) {
  const born = [];
  const values = build(given, born);
  if (room !== undefined) native.setMemoryLimit(native.memory().live + room);
  try {
    const result = make(...values);
    born.push(...numbersIn(result));
    differentiate(born);
    return null;
  } catch (error) {
    return error;
  } finally {
    native.setMemoryLimit(MEMORY);
    for (const handle of born) native.remove(handle);
  }
}

/** An error of one line and a class of ours (or the one that a hostile argument threw). */
const proper = (error) =>
  (error instanceof TorchError || error instanceof TypeError || error.message === 'hostile') &&
  /^.+$/.test(error.message);

const callOf = (operator, { parameters, cases }, k) =>
  wrongCall(parameters, cases, seedOf(operator, k));

function serve({ targets, calls, progressFile }) {
  const progress = openSync(progressFile, 'r+');
  const report = { made: 0, errors: 0, improper: [], heavy: [] };
  for (const [index, { operator, from }] of targets.entries()) {
    const target = targetOf(operator);
    const before = process.resourceUsage().maxRSS;
    for (let k = from; k < calls; k++) {
      report.made += 1;
      writeSync(progress, Int32Array.of(index, k, report.made, report.errors), 0, 16, 0);
      const error = attempt(target, callOf(operator, target, k));
      report.errors += error !== null;
      if (error !== null && !proper(error)) report.improper.push(`${operator} ${k}: ${error}`);
    }
    const grown = process.resourceUsage().maxRSS - before;
    if (grown > 2 ** 19) report.heavy.push(`${operator}: ${Math.round(grown / 1024)} MiB`);
  }
  report.live = native.live().tensors;
  process.send(report, () => process.disconnect());
}

if (process.send) {
  process.once('message', serve);
} else {
  const [operator, k] = process.argv.slice(2);
  const target = targetOf(operator);
  const call = callOf(operator, target, Number(k));
  const shown = (_, value) => (typeof value === 'bigint' ? `${value}n` : value);
  console.log(JSON.stringify(call, shown));
  console.log(String(attempt(target, call) ?? 'no error'));
}

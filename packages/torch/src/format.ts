/**
 * Prints tensors as PyTorch 1.13 does (torch/_tensor_str.py): aligned columns, four decimals, long
 * dimensions summarised. One difference: what has a history says `requires_grad=True`, not `grad_fn`.
 */
import type { DType } from './dtype.ts';
import { DisposedTensorError } from './errors.ts';
import type { TensorCore } from './tensor-core.ts';

const EDGE = 3; // items kept at each end of a summarised dimension
const THRESHOLD = 1000; // tensors with more elements are summarised
const LINE_WIDTH = 80;
const PREFIX = 'tensor(';

/** How all elements of one tensor are written. */
interface Format {
  width: number;
  /** The element with this index in row-major order, padded. */
  text(index: number): string;
}

/** The bits of a bfloat16 or float16 as a number. */
function fromHalf(bits: number, dtype: 'float16' | 'bfloat16'): number {
  if (dtype === 'bfloat16') return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Python rounds a tie to the even digit, JavaScript away from zero. */
function tieToEven(exact: string, rounded: string): string {
  const [, kept, exponent = ''] = /^(.*\.\d{3}[02468])50*(e.*)?$/.exec(exact) ?? [];
  return kept === undefined ? rounded : kept + exponent;
}

const fixed = (size: number) => tieToEven(size.toFixed(50), size.toFixed(4));

const exponential = (size: number) =>
  tieToEven(size.toExponential(50), size.toExponential(4)).replace(/e([+-])(\d)$/, 'e$10$2');

const integral = (size: number) => `${size}.`;

/** Integers as `1.`, scientific notation for wide ranges, else four decimals; the visible values decide. */
function floatFormat(value: (index: number) => number, visible: readonly number[]): Format {
  const sizes = visible.map((i) => Math.abs(value(i))).filter((v) => v > 0 && Number.isFinite(v));
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const whole = sizes.every(Number.isInteger);
  const wide = largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4);
  const write = wide ? exponential : whole ? integral : fixed;
  const text = (index: number) => {
    const v = value(index);
    if (Number.isNaN(v)) return 'nan';
    const sign = v < 0 || Object.is(v, -0) ? '-' : '';
    return sign + (Number.isFinite(v) ? write(Math.abs(v)) : 'inf');
  };
  const counted = visible.filter((i) => value(i) !== 0 && Number.isFinite(value(i)));
  return aligned(text, counted);
}

/** @param counted the elements that decide the width. */
function aligned(text: (index: number) => string, counted: readonly number[]): Format {
  const width = counted.reduce((most, i) => Math.max(most, text(i).length), 1);
  return { width, text: (i) => text(i).padStart(width) };
}

function complexFormat(real: Format, imaginary: Format): Format {
  return {
    width: real.width + imaginary.width + 1, // the j
    text: (i) => {
      const part = imaginary.text(i).trimStart();
      return `${real.text(i)}${part.startsWith('-') ? '' : '+'}${part}j`;
    },
  };
}

function formatOf(tensor: TensorCore, visible: readonly number[]): Format {
  const { dtype } = tensor;
  const array = tensor.toTypedArray();
  switch (dtype) {
    case 'float32':
    case 'float64':
      return floatFormat((i) => array[i] as number, visible);
    case 'float16':
    case 'bfloat16':
      return floatFormat((i) => fromHalf(array[i] as number, dtype), visible);
    case 'complex64':
    case 'complex128':
      return complexFormat(
        floatFormat((i) => array[2 * i] as number, visible),
        floatFormat((i) => array[2 * i + 1] as number, visible),
      );
    default: {
      const text = (i: number) =>
        dtype === 'bool' ? (array[i] ? 'True' : 'False') : String(array[i]);
      return aligned(text, visible);
    }
  }
}

/** Positions along a dimension; null where some are left out. */
function shown(size: number, summarise: boolean): (number | null)[] {
  const all = Array.from({ length: size }, (_, i) => i);
  return summarise && size > 2 * EDGE
    ? [...all.slice(0, EDGE), null, ...all.slice(size - EDGE)]
    : all;
}

function visibleOffsets(shape: readonly number[], summarise: boolean): number[] {
  return shape.reduce<number[]>(
    (offsets, size) => {
      const kept = shown(size, summarise).filter((i) => i !== null);
      return offsets.flatMap((offset) => kept.map((i) => offset * size + i));
    },
    [0],
  );
}

/** The part of the tensor that begins at `offset`, in brackets. */
function render(
  [size, ...rest]: readonly number[],
  format: Format,
  summarise: boolean,
  indent: number,
  offset: number,
): string {
  const positions = shown(size, summarise);
  const pad = ' '.repeat(indent + 1);
  if (rest.length === 0) {
    const items = positions.map((i) => (i === null ? ' ...' : format.text(offset + i)));
    const perLine = Math.max(1, Math.floor((LINE_WIDTH - indent) / (format.width + 2)));
    const lines = Array.from({ length: Math.ceil(items.length / perLine) }, (_, line) =>
      items.slice(line * perLine, (line + 1) * perLine).join(', '),
    );
    return `[${lines.join(`,\n${pad}`)}]`;
  }
  const stride = rest.reduce((a, b) => a * b, 1);
  const items = positions.map((i) =>
    i === null ? '...' : render(rest, format, summarise, indent + 1, offset + i * stride),
  );
  return `[${items.join(`,${'\n'.repeat(rest.length)}${pad}`)}]`;
}

/** Adds the suffixes, each on a new line where the last one is full. */
function withSuffixes(body: string, suffixes: readonly string[]): string {
  let text = body;
  let used = body.length - body.lastIndexOf('\n') + 1;
  for (const suffix of suffixes) {
    const breaks = used + suffix.length + 2 > LINE_WIDTH;
    text += breaks ? `,\n${' '.repeat(PREFIX.length)}${suffix}` : `, ${suffix}`;
    used = breaks ? PREFIX.length + suffix.length : used + suffix.length + 2;
  }
  return `${text})`;
}

function shapeOf(tensor: TensorCore): number[] | null {
  try {
    return tensor.shape;
  } catch (error) {
    if (error instanceof DisposedTensorError) return null;
    throw error;
  }
}

const USUAL: readonly DType[] = ['float32', 'int64', 'bool', 'complex64'];

/** The text that `print(tensor)` gives in Python, with dtype and device where they are not the usual. */
export function formatTensor(tensor: TensorCore): string {
  const shape = shapeOf(tensor);
  if (shape === null) return 'tensor(<disposed>)';
  const { dtype, device } = tensor;
  const count = shape.reduce((a, b) => a * b, 1);
  const summarise = count > THRESHOLD;
  const contents = () => {
    const format = formatOf(tensor, visibleOffsets(shape, summarise));
    if (shape.length === 0) return format.text(0);
    return render(shape, format, summarise, PREFIX.length, 0);
  };
  const unusual = count === 0 ? dtype !== 'float32' : !USUAL.includes(dtype);
  const suffixes = [
    device === 'cpu' ? '' : `device='${device}'`,
    count === 0 && shape.length !== 1 ? `size=(${shape.join(', ')})` : '',
    unusual ? `dtype=torch.${dtype}` : '',
    tensor.requiresGrad ? 'requires_grad=True' : '',
  ];
  return withSuffixes(PREFIX + (count === 0 ? '[]' : contents()), suffixes.filter(Boolean));
}

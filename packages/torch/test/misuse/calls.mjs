/**
 * Random wrong calls of an operator, as plain descriptions that a seed repeats: what the misuse test's
 * parent prints when its child has crashed, and what the child (child.mjs) builds and passes.
 *
 * A call begins as a right one: a case of the parity test, or values of the types that the schema
 * names. Then some arguments are spoilt, or exchanged for values that are of no use there at all.
 */

const image = { tensor: [2, 4, 3, 2], dtype: 6, values: 'normal' };
const leaf = { ...image, grad: true };
const byte = { tensor: [5056], dtype: 0, values: 'index' };
const generator = { generator: 0 };
const unet = { script: 'script.pt' };
const photo = { wrapped: { tensor: [1, 1, 8, 8], dtype: 6, values: 'normal' } };

/**
 * Right calls of the addon's other exports, to be spoilt. Left out is what changes the state of the whole
 * process or waits for others: switches, limits, process groups.
 */
export const EXPORTS = {
  fromBytes: [
    [{ bytes: 24 }, [2, 3], 6],
    [{ bytes: 0 }, [0, 3], 4],
  ],
  copyBytes: [[image, { bytes: 192 }]],
  sharedBytes: [[image]],
  shape: [[image]],
  strides: [[image]],
  dtype: [[image]],
  device: [[image]],
  isContiguous: [[image, 2]],
  bytesOf: [[image]],
  item: [[{ ...image, tensor: [1] }]],
  at: [
    [image, [0, [1, 3], ':', '...', null]],
    [image, [[0, 2, 1], -1, [null, -1]]],
  ],
  remove: [[image]],
  requiresGrad: [[leaf]],
  setRequiresGrad: [[image, true]],
  isLeaf: [[leaf]],
  getGrad: [[leaf]],
  setGrad: [
    [leaf, image],
    [leaf, null],
  ],
  grad: [[[leaf], [leaf], [image], false, true, true]],
  backward: [[[leaf], [image], true, false]],
  createGenerator: [['cpu', 1]],
  seedGenerator: [[generator, 1]],
  getGeneratorState: [[generator]],
  setGeneratorState: [[generator, byte]],
  loadScript: [
    [{ path: 'script.pt' }, 'cpu'],
    [{ path: 'script-values.pt', torn: 0.4 }, 'cpu'],
  ],
  scriptForward: [
    [unet, [photo], generator, [], []],
    [unet, [photo], undefined, ['head.bias'], [{ tensor: [2], dtype: 6, values: 'normal' }]],
    [{ script: 'script-values.pt' }, [photo, 0.5, [true], [2, 'a'], { object: 'plain' }, null, 2]],
  ],
  scriptParameters: [[unet]],
  scriptBuffers: [[unet]],
  scriptBytes: [[unet]],
  setScriptTraining: [[unet, true]],
  moveScript: [[unet, 'cpu', 7]],
};

/** The seed of an operator's k-th call; FNV-1a, so that a new operator leaves the others' calls alone. */
export function seedOf(operator, k) {
  let hash = 0x811c9dc5;
  for (const character of `${operator} ${k}`)
    hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
  return hash >>> 0;
}

/** mulberry32: a stream of numbers in [0, 1). */
function stream(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SMALL = [0, 1, 2, 3, -1, -2, 4, 7];
const EXTREME = [
  100,
  -100,
  2 ** 16,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 40,
  2 ** 53 - 1,
  -(2 ** 53 - 1),
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 64n,
];
const NO_INTEGERS = [Number.NaN, Number.POSITIVE_INFINITY, 0.5, 1e300, -0];
const SIZES = [0, 1, 1, 2, 2, 3, 4, 5, 8];
const STRINGS = [
  '',
  'mean',
  'ij',
  'reflect',
  'ortho',
  'linear',
  'bij,bjk->bik',
  'cpu',
  'cuda:7',
  '...',
  '\0',
  'é'.repeat(99),
];
const DTYPES = [6, 6, 6, 6, 7, 4, 4, 3, 11, 15, 5, 0, 1, 2, 9, 10]; // codes of c10::ScalarType
const VALUES = ['normal', 'normal', 'index', 'zero', 'nan', 'infinite', 'huge', 'least'];
const VIEWS = ['', '', '', 'transposed', 'expanded', 'offset'];

/** @param random a stream. @returns functions that draw from it. */
function draws(random) {
  const chance = (p) => random() < p;
  const pick = (items) => items[Math.floor(random() * items.length)];
  const list = (length, make) => Array.from({ length }, make);
  const integer = () =>
    chance(0.75) ? pick(SMALL) : chance(0.8) ? pick(EXTREME) : pick(NO_INTEGERS);
  const shape = () => list(pick([0, 1, 1, 2, 2, 3, 4, 4, 5, 6]), () => pick(SIZES));
  const tensor = (sizes = shape()) => ({
    tensor: sizes,
    dtype: pick(DTYPES),
    values: pick(VALUES),
    view: pick(VIEWS),
    grad: chance(0.3),
  });
  const useless = () =>
    pick([
      () => null,
      () => undefined,
      () => true,
      () => pick(EXTREME),
      () => pick(NO_INTEGERS),
      () => pick(STRINGS),
      () => ({ object: 'plain' }),
      () => ({ object: 'cyclic' }),
      () => ({ object: 'hostile' }),
      () => ({ object: 'function' }),
      () => ({ object: 'symbol' }),
      () => ({ object: 'sparse' }),
      () => ({ bytes: 16 }),
      () => ({ disposed: 'tensor' }),
      () => ({ generator: 0 }),
      () => ({ disposed: 'generator' }),
      () => tensor(),
      () => [],
      () => [tensor(), null],
      () => list(3, integer),
      () => [[integer()]],
      () => list(300, () => 1),
    ])();
  return { random, chance, pick, list, integer, shape, tensor, useless };
}

/** A value of the type that the schema names; `shape` is common to the call's tensors. */
function fitting({ type, repeat }, shape, draw) {
  const { chance, pick, list, integer } = draw;
  if (type.endsWith('?') && chance(0.3)) return null;
  const near = () => {
    if (chance(0.5)) return shape;
    if (chance(0.3)) return draw.shape();
    return shape.map((size) => (chance(0.3) ? pick(SIZES) : size)).slice(chance(0.2) ? 1 : 0);
  };
  const lengths = [repeat, repeat, shape.length, 2 * repeat, 0, 1, 2, 3, 4];
  switch (type.replace('?', '')) {
    case 'Tensor':
      return draw.tensor(near());
    case 'Tensor[]':
      return list(pick([0, 1, 2, 2, 3]), () => draw.tensor(near()));
    case 'Tensor[]?':
    case 'Tensor?[]':
      return list(pick([1, 2, 3]), () => (chance(0.3) ? null : draw.tensor(near())));
    case 'int':
    case 'SymInt':
      return integer();
    case 'int[]':
    case 'SymInt[]':
      return list(pick(lengths), integer);
    case 'float':
      return chance(0.6) ? pick([0, 0.5, 1, -1, 1e-5]) : integer();
    case 'float[]':
    case 'Scalar[]':
      return list(pick([0, 1, 2, 3]), integer);
    case 'bool':
      return chance(0.5);
    case 'Scalar':
      return chance(0.5) ? pick([0, 0.5, 1, -1, true]) : integer();
    case 'str':
      return pick(STRINGS);
    case 'Device':
      return chance(0.7) ? 'cpu' : pick(STRINGS);
    case 'ScalarType':
      return chance(0.8) ? pick(DTYPES) : integer();
    case 'MemoryFormat':
      return pick([0, 1, 2, 3, 4, -1]);
    case 'Generator':
      return { generator: 0 };
    default:
      return null;
  }
}

/** The value with one thing about it changed. */
function spoilt(value, draw) {
  const { chance, pick, integer } = draw;
  if (Array.isArray(value) && value.length > 0) {
    const at = Math.floor(draw.pick(value.map((_, k) => k)));
    if (chance(0.2)) return value.slice(1);
    if (chance(0.2)) return [...value, value[at]];
    return value.map((item, k) => (k === at ? spoilt(item, draw) : item));
  }
  if (typeof value === 'number') return integer();
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return pick(STRINGS);
  if (value?.wrapped) return { wrapped: spoilt(value.wrapped, draw) };
  if (value?.path) return { ...value, torn: draw.random() };
  if (value?.tensor) {
    const changed = { values: 'normal', ...value, data: undefined };
    const at = Math.floor(draw.pick([0, ...value.tensor.map((_, k) => k)]));
    return pick([
      () => ({
        ...changed,
        tensor: value.tensor.map((size, k) => (k === at ? pick(SIZES) : size)),
      }),
      () => ({ ...changed, tensor: value.tensor.slice(1) }),
      () => ({ ...changed, tensor: [...value.tensor, pick(SIZES)] }),
      () => ({ ...changed, dtype: pick(DTYPES) }),
      () => ({ ...changed, values: pick(VALUES) }),
      () => ({ ...value, view: pick(VIEWS), grad: true }),
    ])();
  }
  return draw.useless();
}

/**
 * @param parameters the schema's arguments, in the order in which the operator takes them; undefined for
 *   what has no schema.
 * @param cases right calls: lists of descriptions in that order.
 * @returns the arguments, and to some right ones the bytes of memory that are left.
 */
export function wrongCall(parameters, cases, seed) {
  const draw = draws(stream(seed));
  const { random, chance, pick } = draw;
  const shape = draw.shape();
  const isCase = cases.length > 0 && (!parameters || chance(0.6));
  const right = isCase
    ? pick(cases)
    : parameters.map((parameter) => fitting(parameter, shape, draw));
  if (isCase && chance(0.1)) return { given: right, room: 2 ** Math.floor(14 * random()) };
  const sure = isCase ? pick([...right.keys()]) : -1; // is spoilt in any case
  const wrong = right.map((value, k) => {
    const luck = 2 * draw.chance(0.5); // half of the calls are spoilt a little, half much
    if (k === sure || chance(0.25)) return spoilt(value, draw);
    return chance(0.04 * luck) ? draw.useless() : value;
  });
  if (chance(0.05)) wrong.splice(Math.floor(pick(wrong.map((_, k) => k)) ?? 0), 1);
  if (chance(0.05)) wrong.push(draw.useless());
  return { given: wrong };
}

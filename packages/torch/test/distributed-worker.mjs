// One rank of distributed.test.ts: node distributed-worker.mjs <rank> <size> <port> <timeout in ms>
// Prints what it computed as JSON, then leaves the others waiting: the last of two comes too late to a
// barrier, the last of three dies before it.
import {
  conv2d,
  Generator,
  grad,
  ProcessGroup,
  randn,
  scope,
  tensor,
  zeros,
} from '../dist/index.js';

const [rank, size, port, timeoutMs] = process.argv.slice(2).map(Number);
const store = { host: '127.0.0.1', port };
const group = ProcessGroup.connect({ backend: 'gloo', store, rank, size, timeoutMs });

/** @param {() => void} body must throw */
function failure(body) {
  const start = performance.now();
  try {
    body();
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    return { name, message, ms: performance.now() - start };
  }
  throw new Error('this should have failed');
}

const own = () => tensor([rank, -rank, 1]);

/** @param {import('../dist/index.js').ReduceOp} op */
function reduced(op) {
  const value = own();
  group.allReduce(value, op);
  return value.toArray();
}

/** Several dtypes and layouts, one without elements, one larger than what travels at once. */
function sums() {
  const list = [
    tensor([[rank, 1], [2, 3]]).transpose(0, 1), // biome-ignore format: a matrix
    tensor(rank, { dtype: 'bfloat16' }),
    zeros([0, 3]),
    zeros([9_000_000]).add(rank),
    tensor([rank], { dtype: 'int64' }),
    own().requiresGrad_(),
  ];
  group.allReduce(list);
  return list.map((sum) =>
    sum.numel > 9 ? [sum.min().item(), sum.max().item()] : sum.to({ dtype: 'float64' }).toArray(),
  );
}

function sent() {
  const flags = tensor([rank === 1, false]);
  const half = tensor([rank + 0.5], { dtype: 'float16' });
  group.broadcast([flags, half], 1);
  return [flags.toArray(), half.to({ dtype: 'float32' }).toArray()];
}

/** This rank's part of the batch; the test computes the same on the whole. */
function gradient() {
  const generator = new Generator(1);
  const batch = randn([6, 2, 5, 5], { generator });
  const weight = randn([3, 2, 3, 3], { generator }).requiresGrad_();
  const share = 6 / size;
  const images = batch.at([rank * share, (rank + 1) * share]);
  const gradients = grad(conv2d(images, weight).sigmoid().square().mean(), [weight]);
  group.allReduce(gradients, 'mean');
  return gradients[0].toArray();
}

const result = scope(() => ({
  reduced: /** @type {const} */ (['sum', 'mean', 'min', 'max']).map(reduced),
  sums: sums(),
  sent: sent(),
  gradient: gradient(),
  differs: failure(() => group.allReduce(zeros([rank + 1]))),
  root: failure(() => group.broadcast(zeros([1]), size)),
  op: failure(() => group.allReduce(own(), /** @type {never} */ (/** @type {unknown} */ ('avg')))),
  bool: failure(() => group.allReduce(tensor([true]))),
}));

const last = rank === size - 1;
if (last && size === 2)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timeoutMs + 500);
const alone = last ? null : failure(() => group.barrier());
group.dispose();
const disposed = failure(() => group.barrier());
console.log(JSON.stringify({ ...result, alone, disposed }));

// Real processes on the loopback; each runs distributed-worker.mjs on the compiled package.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { conv2d, Generator, grad, ProcessGroup, randn, scope } from '../src/index.ts';

const TIMEOUT = 8000;
const worker = fileURLToPath(new URL('./distributed-worker.mjs', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Failure {
  name: string;
  message: string;
  ms: number;
}

/** What a worker prints. */
interface Result {
  reduced: number[][];
  sums: number[][];
  sent: number[][];
  gradient: number[];
  differs: Failure;
  root: Failure;
  op: Failure;
  bool: Failure;
  alone: Failure;
  disposed: Failure;
}

/** The results of all ranks. */
async function run(size: number): Promise<Result[]> {
  const port = await freePort();
  const ranks = Array.from({ length: size }, async (_, rank) => {
    const args = [worker, rank, size, port, TIMEOUT].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  });
  return Promise.all(ranks);
}

const gloo = ProcessGroup.backends().includes('gloo');

describe.skipIf(!gloo).each([2, 3])('%i processes (needs a build with Gloo)', (size) => {
  let results: Result[];
  beforeAll(async () => {
    results = await run(size);
  }, 60_000);

  it('reduce', () => {
    const total = (size * (size - 1)) / 2; // the sum of the ranks
    for (const { reduced, sums } of results) {
      expect(reduced).toEqual([
        [total, -total, size],
        [total / size, -total / size, 1],
        [0, 1 - size, 1],
        [size - 1, 0, 1],
      ]);
      expect(sums).toEqual([
        [total, 2 * size, size, 3 * size],
        [total],
        [],
        [total, total],
        [total],
        [total, -total, size],
      ]);
    }
  });

  it('broadcast', () => {
    for (const { sent } of results) expect(sent).toEqual([[1, 0], [1.5]]);
  });

  it('average to the gradient of the whole batch, with the same bits on every rank', () => {
    const expected = scope(() => {
      const generator = new Generator(1);
      const batch = randn([6, 2, 5, 5], { generator });
      const weight = randn([3, 2, 3, 3], { generator }).requiresGrad_();
      return grad(conv2d(batch, weight).sigmoid().square().mean(), [weight])[0].toArray();
    });
    for (const { gradient } of results) {
      expect(gradient).toEqual(results[0].gradient);
      expect(gradient.length).toBe(expected.length);
      for (const [i, value] of expected.entries()) expect(gradient[i]).toBeCloseTo(value, 7);
    }
  });

  it('refuse what differs and what cannot be', () => {
    for (const [rank, { differs, root, op, bool, disposed }] of results.entries()) {
      expect(differs.name).toBe('TorchError');
      expect(differs.message).toContain(`rank ${rank} calls allReduce 'sum' of 1 tensors`);
      expect(root.message).toContain(`root is an integer from 0 to ${size - 1}, got ${size}`);
      expect(op.message).toContain("'avg' is none of sum, mean, min, max");
      expect(bool.message).toMatch(/'sum' takes float32, .*, got bool/);
      expect(disposed.name).toBe('DisposedTensorError');
    }
  });

  it('learn that another one is late (of 2) or gone (of 3)', () => {
    for (const { alone } of results.slice(0, -1)) {
      expect(alone.name).toBe('TorchError');
      expect(alone.message).toMatch(/another rank is gone or too late .*dispose of the group/);
      if (size === 2) expect(alone.ms).toBeGreaterThan(0.9 * TIMEOUT);
      expect(alone.ms).toBeLessThan(size === 2 ? 3 * TIMEOUT : 0.9 * TIMEOUT);
    }
  });
});

describe('A group', () => {
  it.skipIf(!gloo)('is an error in time when a rank never comes', async () => {
    const store = { host: '127.0.0.1', port: await freePort() };
    const options = { backend: 'gloo', store, rank: 0, size: 2, timeoutMs: 2000 } as const;
    expect(() => ProcessGroup.connect(options)).toThrow(/ProcessGroup.connect: .*[Tt]imeout/);
  });

  it('is refused by name of what is wrong with it', () => {
    const options = { backend: 'gloo', store: { host: '', port: 1 }, rank: 0, size: 1 } as const;
    const refusals: [object, RegExp][] = [
      [{ rank: 1 }, /rank is an integer from 0 to 0, got 1/],
      [{ size: 0 }, /size is an integer/],
      [{ timeoutMs: 0.5 }, /timeoutMs is an integer/],
      [{ store: { host: '', port: 70000 } }, /port is an integer/],
      [{ backend: 'mpi' }, /this build has no 'mpi'; gloo comes with/],
    ];
    for (const [wrong, message] of refusals) {
      expect(() => ProcessGroup.connect({ ...options, ...wrong })).toThrow(message);
    }
  });
});

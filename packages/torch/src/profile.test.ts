/** Counts and FLOPs against closed forms; times against each other, never against a clock. */
import { expect, test } from 'vitest';
import {
  addmm,
  bmm,
  conv2d,
  convTranspose2d,
  grad,
  mm,
  ones,
  type ProfileEvent,
  type ProfileResult,
  profileTrace,
  scope,
  startProfile,
  type Tensor,
} from './index.ts';

function profiled(body: () => void): ProfileResult {
  using profile = startProfile();
  scope(body);
  return profile.stop();
}

const flopsIn = ({ operators }: ProfileResult, name: string) =>
  operators.find((one) => one.name === name)?.flops;
const allFlops = ({ operators }: ProfileResult) =>
  operators.reduce((sum, { flops }) => sum + (flops ?? 0), 0);

const parameter = (...shape: number[]): Tensor => ones(shape).requiresGrad_();

test('FLOPs of a strided convolution, forward and backward', () => {
  const forward = 2 * (2 * 6 * 4 * 4) * (3 * 5 * 5); // 2 x outputs x filter
  const result = profiled(() => {
    const [x, w, b] = [parameter(2, 3, 8, 8), parameter(6, 3, 5, 5), parameter(6)];
    const y = conv2d(x, w, { bias: b, stride: 2, padding: 2 });
    expect(y.shape).toEqual([2, 6, 4, 4]);
    grad(y.sum(), [x, w, b]);
  });
  expect(flopsIn(result, 'convolution')).toBe(forward);
  expect(flopsIn(result, 'convolution_backward')).toBe(2 * forward);
  expect(allFlops(result)).toBe(3 * forward);
  const call = result.events.find(({ name }) => name === 'convolution')!;
  expect(call.shapes).toEqual([[2, 3, 8, 8], [6, 3, 5, 5], [6]]);
  expect(call.bytes).toBe(4 * (2 * 3 * 64 + 6 * 3 * 25 + 6 + 2 * 6 * 16));
});

test('FLOPs of a grouped and of a transposed convolution, of one gradient alone', () => {
  const grouped = profiled(() => {
    const [x, w] = [ones([1, 4, 5, 5]), parameter(8, 2, 3, 3)];
    grad(conv2d(x, w, { groups: 2 }).sum(), [w]);
  });
  expect(flopsIn(grouped, 'convolution')).toBe(2 * (8 * 9) * (2 * 9));
  expect(flopsIn(grouped, 'convolution_backward')).toBe(2 * (8 * 9) * (2 * 9));
  const transposed = profiled(() => {
    const [x, w] = [parameter(1, 4, 5, 5), parameter(4, 3, 4, 4)];
    grad(convTranspose2d(x, w, { stride: 2, padding: 1 }).sum(), [x, w]);
  });
  const forward = 2 * (4 * 25) * (3 * 16); // 2 x inputs x filter
  expect(flopsIn(transposed, 'convolution')).toBe(forward);
  expect(flopsIn(transposed, 'convolution_backward')).toBe(2 * forward);
  expect(allFlops(transposed)).toBe(3 * forward);
});

test('FLOPs of matrix products', () => {
  const result = profiled(() => {
    mm(ones([2, 3]), ones([3, 5]));
    mm(ones([2, 3]), ones([3, 5]));
    bmm(ones([7, 2, 3]), ones([7, 3, 5]));
    addmm(ones([5]), ones([2, 3]), ones([3, 5]));
  });
  const names = ['mm', 'bmm', 'addmm'];
  expect(names.map((name) => flopsIn(result, name))).toEqual([120, 420, 60]);
  expect(result.operators.find(({ name }) => name === 'mm')!.calls).toBe(2);
  expect(result.operators.find(({ name }) => name === 'ones')!.flops).toBeNull();
});

/** Calls that no other call on their thread is around. */
function roots(events: readonly ProfileEvent[]): ProfileEvent[] {
  const end = new Map<number, number>();
  return events.filter(({ thread, start, duration }) => {
    const outside = start >= (end.get(thread) ?? 0);
    if (outside) end.set(thread, start + duration);
    return outside;
  });
}

test('self times are within durations and sum up to those of the outermost calls', () => {
  using profile = startProfile();
  profile.range('outer', () =>
    scope(() => {
      const w = parameter(4, 4);
      const y = profile.range('inner', () => mm(mm(w, w), w).sum());
      grad(y, [w], { createGraph: true });
    }),
  );
  scope(() => void ones([3]).add(1));
  const { events, operators, dropped } = profile.stop();
  expect(dropped).toBe(0);
  for (const { self, duration } of events) {
    expect(self).toBeGreaterThanOrEqual(0);
    expect(self).toBeLessThanOrEqual(duration);
  }
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  const whole = sum(roots(events).map(({ duration }) => duration));
  expect(sum(events.map(({ self }) => self))).toBeCloseTo(whole, 3);
  expect(sum(operators.map(({ self }) => self))).toBeCloseTo(whole, 3);
  expect(sum(operators.map(({ calls }) => calls))).toBe(events.length);

  const stagesOf = (wanted: string) =>
    new Set(events.filter(({ name }) => name === wanted).map(({ stage }) => stage));
  expect(stagesOf('inner')).toEqual(new Set(['outer/inner']));
  expect(stagesOf('mm')).toEqual(new Set(['outer/inner', 'outer'])); // forward; backward
  expect(stagesOf('ones')).toEqual(new Set(['outer', '']));
  expect(events.some(({ name }) => name === 'MmBackward0')).toBe(true);
});

test('a call within one of the same name adds nothing to the total time', () => {
  using profile = startProfile();
  profile.range('again', () => profile.range('again', () => scope(() => void ones([2]))));
  const { events, operators } = profile.stop();
  const [outer] = events;
  const totals = operators.filter(({ kind }) => kind === 'range').map(({ total }) => total);
  expect(outer.stage).toBe('again');
  expect(totals.sort()).toEqual([0, outer.duration].sort());
});

test('beyond the limit events are dropped, sums are not', () => {
  using profile = startProfile({ mostEvents: 5 });
  scope(() => {
    for (let i = 0; i < 20; i++) mm(ones([2, 2]), ones([2, 2]));
  });
  const { events, operators, dropped } = profile.stop();
  expect(events.length).toBe(5);
  const calls = operators.reduce((sum, one) => sum + one.calls, 0);
  expect(dropped).toBe(calls - 5);
  expect(operators.find(({ name }) => name === 'mm')!.flops).toBe(20 * 2 * 8);
});

test('nothing is recorded in a pause', () => {
  using profile = startProfile({ paused: true });
  const product = () => scope(() => void mm(ones([2, 2]), ones([2, 2])));
  profile.range('early', product);
  profile.resume();
  profile.range('timely', product);
  profile.pause();
  profile.range('late', product);
  const { operators } = profile.stop();
  expect(new Set(operators.map(({ stage }) => stage))).toEqual(new Set(['timely']));
  expect(operators.find(({ name }) => name === 'mm')!.calls).toBe(1);
});

test('an exception ends its range and its operator, and no other', () => {
  using profile = startProfile();
  const fail = () => profile.range('inner', () => mm(ones([2, 3]), ones([2, 3])));
  profile.range('outer', () =>
    scope(() => {
      expect(fail).toThrow(/mm/);
      ones([1]);
    }),
  );
  const { events } = profile.stop();
  expect(events.find(({ name }) => name === 'mm')!.stage).toBe('outer/inner');
  expect(events.at(-1)).toMatchObject({ stage: 'outer' });
  expect(roots(events).map(({ name }) => name)).toEqual(['outer']);
});

test('one profile at a time; a promise, a second stop and a wrong limit are refused', () => {
  {
    using profile = startProfile();
    expect(() => startProfile()).toThrow(/running already/);
    expect(() => profile.range('later', async () => {})).toThrow(/asynchronous/);
    profile.stop();
    expect(() => profile.stop()).toThrow(/stopped already/);
    expect(profile.range('after', () => 3)).toBe(3);
  }
  expect(() => startProfile({ mostEvents: -1 })).toThrow(/mostEvents is -1/);
  startProfile()[Symbol.dispose]();
});

test('stopped inside of a range, the range ends there', () => {
  using profile = startProfile();
  const result = profile.range('open', () => {
    scope(() => void ones([1]));
    return profile.stop();
  });
  expect(result.events[0]).toMatchObject({ name: 'open', kind: 'range' });
  expect(profiled(() => void ones([1])).events[0]).toMatchObject({ name: 'ones', stage: '' });
});

test('the trace is JSON of complete events in order', () => {
  using profile = startProfile();
  profile.range('stage "one"', () => scope(() => void mm(ones([2, 2]), ones([2, 2])).sum()));
  const result = profile.stop();
  const { traceEvents } = JSON.parse(profileTrace(result)) as {
    traceEvents: { name: string; ph: string; ts: number; dur: number; args: object }[];
  };
  expect(traceEvents.length).toBe(result.events.length);
  expect(new Set(traceEvents.map(({ ph }) => ph))).toEqual(new Set(['X']));
  expect(traceEvents[0].name).toBe('stage "one"');
  for (let i = 1; i < traceEvents.length; i++)
    expect(traceEvents[i].ts).toBeGreaterThanOrEqual(traceEvents[i - 1].ts);
  expect(traceEvents.find(({ name }) => name === 'mm')!.args).toMatchObject({
    ...{ stage: 'stage "one"', flops: 16, bytes: 48 },
    shapes: [
      [2, 2],
      [2, 2],
    ],
  });
});

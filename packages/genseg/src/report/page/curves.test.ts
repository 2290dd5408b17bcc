import { expect, test } from 'vitest';
import { curves } from './curves.ts';
import type { PageRun } from './page-run.ts';

const validation = (done: number, dice: number) => ({
  ...{ type: 'validation', step: done },
  data: { done, dice, loss: 1 - dice, best: true },
});
const progress = (stage: string, done: number, segmentation: number) => ({
  ...{ type: 'progress', step: done },
  data: { stage, done, steps: 40, losses: { segmentation }, secondsLeft: 0 },
});

/** By the title of a chart: its path as points, and where its last dot is. */
function drawn(events: object[]): Map<string, { points: number[][]; end: number[] }> {
  const run = { label: 'one', colour: 'red', events } as unknown as PageRun;
  const figures = String((curves([run]) as { text: string }).text).split('<figcaption>');
  return new Map(
    figures.slice(1).map((figure) => {
      const [, path] = figure.match(/ d="M([^"]*)"/)!;
      const [, x, y] = figure.match(/<circle cx="([^"]*)" cy="([^"]*)"/)!;
      const points = path.split('L').map((point) => point.split(' ').map(Number));
      return [figure.split('<')[0], { points, end: [Number(x), Number(y)] }];
    }),
  );
}

test('points are in the order of their steps, whatever that of the events, and the dot is at the last step', () => {
  const inOrder = [
    ...[progress('pretrain', 10, 3), progress('pretrain', 20, 2), progress('pretrain', 40, 1)],
    ...[progress('train', 10, 0.9), progress('train', 20, 0.5), progress('train', 40, 0.2)],
    ...[validation(10, 0.2), validation(20, 0.6), validation(40, 0.4)],
  ];
  const [, , , , , , first, second, last] = inOrder;
  // As of a run that was killed: it tells at its end of the validation that its checkpoint is of.
  const late = drawn([...inOrder.slice(0, 6), first, last, second]);
  const { points, end } = late.get('Validation Dice')!;
  expect(points.map(([x]) => x)).toEqual([114, 186, 330]); // of 42 to 330 px: steps 10, 20 and 40 of 40
  expect(end).toEqual(points[2]);
  expect(points[1][1]).toBeLessThan(points[2][1]); // up is less: 0.6 at step 20, 0.4 at the end
  expect([...late.keys()]).toHaveLength(4);
  expect(late).toEqual(drawn(inOrder));
});

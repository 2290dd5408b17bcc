import { liveTensors, scope, tensor } from '@genseg/torch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Parameter } from '../nn/index.ts';
import { SGD } from '../optim/index.ts';
import { Graph, lowerToUpper, upperToLower } from './graph.ts';
import { Problem } from './problem.ts';

const live = liveTensors();
const made: Problem[] = [];

const newParameter = () => scope(() => new Parameter(tensor(1)));

function problem(name: string, parameter = newParameter()): Problem {
  const one = new Problem(name, {
    optimizer: new SGD([parameter], 1),
    draw: () => null,
    loss: () => parameter.value,
  });
  made.push(one);
  return one;
}

let architecture: Problem;
let generator: Problem;
let segmentation: Problem;
beforeAll(() => {
  architecture = problem('architecture');
  generator = problem('generator');
  segmentation = problem('segmentation');
});
afterAll(() => {
  for (const { parameters, optimizer } of made) {
    for (const p of parameters) p.value.dispose();
    optimizer.dispose();
  }
  expect(liveTensors()).toBe(live);
});

test('orders problems lowest first', () => {
  const graph = new Graph([
    upperToLower(architecture, generator),
    upperToLower(architecture, segmentation),
    upperToLower(generator, segmentation),
    lowerToUpper(segmentation, architecture),
  ]);
  expect(graph.lowestFirst(architecture)).toEqual([segmentation, generator]);
  expect(graph.uppersOf(segmentation)).toEqual([architecture, generator]);
  expect(graph.lowersOf(architecture)).toEqual([segmentation]);
});

test('refuses what is no hierarchy', () => {
  const [a, s] = [architecture, segmentation];
  expect(() => new Graph([upperToLower(a, s), upperToLower(a, s)])).toThrow(
    'the edge upperToLower(architecture, segmentation) is given twice',
  );
  expect(() => new Graph([upperToLower(a, a)])).toThrow('cannot be above itself');
  expect(
    () => new Graph([upperToLower(a, s), upperToLower(s, generator), upperToLower(generator, a)]),
  ).toThrow(
    'problems depend on themselves: architecture -> segmentation -> generator -> architecture',
  );
  expect(() => new Graph([upperToLower(a, problem('architecture'))])).toThrow(
    "two problems are called 'architecture'",
  );
  expect(() => new Graph([upperToLower(a, problem('copy', a.parameters[0]))])).toThrow(
    "problems 'architecture' and 'copy' share a parameter",
  );
});

test('refuses an upper loss that the upper parameters cannot reach', () => {
  expect(
    () =>
      new Graph([upperToLower(architecture, generator), lowerToUpper(segmentation, architecture)]),
  ).toThrow('no chain of upperToLower edges leads from architecture to segmentation');
});

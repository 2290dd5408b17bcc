/**
 * Misuse never ends the process: random wrong calls of every operator, and of the addon's other exports
 * that take values from users, end in a JavaScript error, or in a result where a call happens to be right.
 * misuse/calls.mjs draws the calls from a seed, misuse/child.mjs makes them in a process of its own, and
 * misuse/parent.mjs goes on after one that ended it. To repeat a call: its operator and number are in the message.
 */
import { expect, it } from 'vitest';
import { OPERATORS } from '../src/index.ts';
import { EXPORTS } from './misuse/calls.mjs';
import { misuse } from './misuse/parent.mjs';

const CALLS = 200; // of each

it('wrong calls of every operator end in errors, and nothing is left behind', async () => {
  const targets = [
    ...OPERATORS.map(([name]) => name),
    ...Object.keys(EXPORTS).map((name) => `native.${name}`),
  ];
  const { made, errors, live, crashes, improper, heavy } = await misuse(targets, CALLS);
  expect({ crashes, improper, heavy, live }).toEqual({
    crashes: [],
    improper: [],
    heavy: [],
    live: 0,
  });
  expect(made).toBe(CALLS * targets.length);
  expect(errors).toBeGreaterThan(made / 2);
}, 300_000);

/**
 * Every test leaves as many live tensors as it found. Runs before each test file of this package; the
 * check asks the addon that the file has loaded, and loads none: tests without tensors stay as they were.
 */
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect } from 'vitest';

const { cache } = createRequire(import.meta.url);

function liveTensors(): number {
  const addon = Object.values(cache).find((file) => file?.filename.endsWith('genseg_torch.node'));
  return addon ? (addon.exports as { live(): { tensors: number } }).live().tensors : 0;
}

let before = 0;

beforeEach(() => {
  before = liveTensors();
});

// Fewer is right too: the garbage collector may have come for an earlier file's constants.
afterEach(() => {
  expect(liveTensors(), 'live tensors after the test').toBeLessThanOrEqual(before);
});

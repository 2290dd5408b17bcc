import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { describeEnvironment, sourceCommit } from './environment.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('names the machine, the versions and the engine', () => {
  const environment = describeEnvironment({ device: 'cpu' });
  expect(environment).toMatchObject({
    genseg: { version: manifest.version },
    node: process.version,
    memoryBytes: os.totalmem(),
    engine: { device: 'cpu' },
  });
  expect(environment.cpu.cores).toBeGreaterThan(0);
  expect(JSON.parse(JSON.stringify(environment))).toEqual(environment);
});

test('the commit is that of the checkout, and says when files differ from it', () => {
  const git = (...args: string[]) => {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
    return execFileSync('git', ['-C', folder, ...identity, ...args], { encoding: 'utf8' }).trim();
  };
  expect(sourceCommit(folder)).toBeNull();
  git('init', '--quiet');
  writeFileSync(join(folder, 'a'), '1');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  const commit = git('rev-parse', 'HEAD');
  expect(sourceCommit(folder)).toBe(commit);
  writeFileSync(join(folder, 'a'), '2');
  expect(sourceCommit(folder)).toBe(`${commit}-dirty`);

  const installed = join(folder, 'node_modules', 'genseg');
  mkdirSync(installed, { recursive: true });
  expect(sourceCommit(installed)).toBeNull();
});

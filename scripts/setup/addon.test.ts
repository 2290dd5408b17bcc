import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashInputs, loadAddon } from './addon.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-addon-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const libtorch = { prefix: '/opt/torch', library: '', version: '2.1.0', cuda: false, from: '' };

describe('hashInputs', () => {
  it('changes with a source, the recipe, the library and the compiler, and with nothing else', () => {
    const source = join(folder, 'native/addon.cc');
    const recipe = join(folder, 'CMakeLists.txt');
    const library = join(folder, 'libtorch_cpu.so');
    mkdirSync(join(folder, 'native'));
    for (const file of [source, recipe, library]) writeFileSync(file, 'one');
    let version = 'g++ 12';
    const hash = () =>
      hashInputs(folder, { ...libtorch, library }, { path: '/usr/bin/g++', version });

    const seen = [hash()];
    expect(hash()).toBe(seen[0]);
    for (const file of [source, recipe, library]) {
      writeFileSync(file, 'other');
      seen.push(hash());
    }
    version = 'g++ 13';
    seen.push(hash());
    expect(new Set(seen).size).toBe(5);
  });
});

describe('loadAddon', () => {
  /** A shared library of this C source under an addon's name. */
  function compile(source: string): string {
    const [code, addon] = [join(folder, 'addon.c'), join(folder, 'addon.node')];
    writeFileSync(code, source);
    execFileSync('cc', ['-shared', '-fPIC', '-o', addon, code]);
    return addon;
  }

  it('accepts an addon that loads', () => {
    const source =
      'void* napi_register_module_v1(void* env, void* exports) { (void)env; return exports; }';
    expect(() => loadAddon(compile(source), libtorch)).not.toThrow();
  });

  it.each([
    ['a variable', 'extern int c10_gone; int* keep = &c10_gone;'],
    [
      'a function called while loading',
      'void c10_gone(void); __attribute__((constructor)) static void load(void) { c10_gone(); }',
    ],
  ])('calls it an ABI mismatch when LibTorch lacks %s', (_, source) => {
    expect(() => loadAddon(compile(source), libtorch)).toThrow(
      /^ABI mismatch: the addon does not load with LibTorch 2\.1\.0 in \/opt\/torch: .*c10_gone/,
    );
  });

  it('survives and reports an addon that crashes', () => {
    const source =
      '#include <stdlib.h>\n__attribute__((constructor)) static void load(void) { abort(); }';
    expect(() => loadAddon(compile(source), libtorch)).toThrow('it ended with SIGABRT');
  });

  it('reports an addon that is not there', () => {
    expect(() => loadAddon(join(folder, 'none.node'), libtorch)).toThrow('none.node');
  });
});

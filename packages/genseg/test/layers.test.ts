/** Which folder may import which: the table of STYLE.md as data, lowest layer first. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const torch = '@genseg/torch';

/** Folder: other folders, packages, and `node`. classes.ts, errors.ts and random.ts are layer 0, free to all. */
const mayImport: Record<string, readonly string[]> = {
  // 1
  nn: [torch],
  optim: [torch, 'nn'],
  augment: [torch],
  metrics: [],
  data: ['node', 'zod', 'sharp', 'fast-png', 'nifti-reader-js'],
  run: ['node', 'zod'],
  suite: ['data', 'run', 'node', 'zod', 'yaml', 'sharp'],
  // 2
  models: [torch, 'nn'],
  mlo: [torch, 'nn', 'optim'],
  picture: ['data', 'fast-png'],
  report: ['data', 'metrics', 'run', 'suite', 'node', 'zod', 'sharp'],
  // 3
  segmenter: [torch, 'nn', 'data', 'run', 'models', 'node'],
  // 4
  train: [torch, 'nn', 'optim', 'augment', 'data', 'run', 'models', 'mlo', 'segmenter', 'node'],
  trust: [torch, 'nn', 'augment', 'data', 'metrics', 'segmenter'],
  // 5
  workflow: [
    ...[torch, 'nn', 'data', 'metrics', 'run', 'suite', 'picture', 'report', 'segmenter', 'train'],
    ...['trust', 'node'],
  ],
  // 6
  cli: [torch, 'data', 'run', 'suite', 'report', 'workflow', 'node', '@commander-js/extra-typings'],
};
const folders = Object.keys(mayImport);
/** What index.ts, the public surface, may import; no folder may import it. */
const surface = folders.filter((folder) => !['picture', 'cli'].includes(folder));

const root = join(import.meta.dirname, '../../..');
const src = 'packages/genseg/src';
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.gen.ts'))
        .map((name) => join(folder, name))
    : [];

/** What a file of a folder imports beside what it may, or past an index.ts. */
function trespasses(folder: string, path: string, allowed = mayImport[folder]): string[] {
  const modules = [...read(path).matchAll(/ from '([^']+)'/g)].map(([, module]) => module);
  return modules.flatMap((module) => {
    const [other, ...inner] = module.startsWith('.')
      ? join(path, '..', module)
          .slice(src.length + 1)
          .split('/')
      : [module.replace(/^node:.*/, 'node'), 'index.ts'];
    if (other === folder || /^(classes|errors|random)\.ts$/.test(other)) return [];
    const fine = allowed.includes(other) && inner.join('/') === 'index.ts';
    return fine ? [] : [`${path} imports ${module}`];
  });
}

test('every folder is in the table, and names only folders above it: no cycle', () => {
  const found = readdirSync(join(root, src)).filter((name) => !name.endsWith('.ts'));
  expect(found.sort()).toEqual([...folders].sort());
  for (const [i, folder] of folders.entries())
    expect(mayImport[folder].filter((name) => folders.indexOf(name) >= i)).toEqual([]);
});

test.each(folders)('%s imports what the table says, through index.ts', (folder) => {
  const files = filesIn(join(src, folder)).filter((name) => !name.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(1);
  expect(files.flatMap((path) => trespasses(folder, path))).toEqual([]);
});

test('beside the folders stand the surface and three files that import nothing', () => {
  const files = readdirSync(join(root, src)).filter((name) => /(?<!\.test)\.ts$/.test(name));
  expect(files.sort()).toEqual(['classes.ts', 'errors.ts', 'index.ts', 'random.ts']);
  for (const file of ['classes.ts', 'errors.ts', 'random.ts'])
    expect(read(`${src}/${file}`)).not.toMatch(/ from '/);
  expect(trespasses('index.ts', join(src, 'index.ts'), surface)).toEqual([]);
});

/** The studio's parts: the contract, which both others import, the server and the page. None knows torch. */
const studioMayImport: Record<string, readonly string[]> = {
  api: ['genseg/run'],
  server: [
    ...['api', 'node', 'genseg/run', 'genseg/data', 'genseg/report', 'hono', '@hono/node-server'],
    ...['sharp', 'fast-png', 'fflate', 'yauzl', 'zod'],
  ],
  page: ['api', 'react', 'react-dom', 'uplot', 'fast-png'],
};

test.each(Object.keys(studioMayImport))('%s of the studio imports what it may', (part) => {
  const src = 'packages/studio/src';
  const files = [...filesIn(join(src, part)), ...(part === 'api' ? [join(src, 'api.ts')] : [])];
  const wrong = files
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) =>
      [...read(path).matchAll(/^(import|export)( type)? [^;]*?from '([^']+)'/gm)]
        .map(([, , type, module]) => ({ type, module }))
        .filter(({ type, module }) => {
          const other = module.startsWith('.')
            ? join(path, '..', module)
                .slice(src.length + 1)
                .split(/[/.]/)[0]
            : module.replace(/^node:.*/, 'node').replace(/^(hono|react|react-dom|uplot)\/.*/, '$1');
          if (part === 'api' && other === 'genseg/run') return type === undefined;
          return other !== part && !studioMayImport[part].includes(other);
        })
        .map(({ module }) => `${path} imports ${module}`),
    );
  expect(files.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});

/** What is left of a folder's files without those that import no value of the rest: circles, and what leads to them. */
function circle(folder: string): string[] {
  const imports = new Map(
    filesIn(folder).map((path) => {
      const values = read(path).matchAll(/^(?:import|export)(?! type) [^;]*?from '(\.[^']+)'/gm);
      return [path, [...values].map(([, module]) => join(path, '..', module))];
    }),
  );
  for (let size = -1; size !== imports.size; ) {
    size = imports.size;
    for (const [path, others] of imports)
      if (!others.some((other) => imports.has(other))) imports.delete(path);
  }
  return [...imports.keys()];
}

test.each(['torch', 'genseg', 'studio'])('no files of %s import each other in a circle', (name) => {
  expect(circle(`packages/${name}/src`)).toEqual([]);
});

/** A file and all that it leads to, through imports by relative paths. */
function reached(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, module] of read(path).matchAll(
    /^(?:import|export)(?! type) [^;]*?from '(\.[^']+)'/gm,
  ))
    reached(join(path, '..', module), found);
  return found;
}

test('the commands that compute nothing load no torch', () => {
  const files = [...reached(`${src}/cli/main-without-torch.ts`)];
  expect(files).toContain(`${src}/cli/inspect.ts`);
  expect(files.filter((path) => read(path).includes(`from '${torch}'`))).toEqual([]);
});

test('files have at most 600 lines, and above 400 their head says why', () => {
  const packages = ['torch', 'genseg', 'studio'].map((name) => `packages/${name}`);
  const places = packages.flatMap((path) => [`${path}/src`, `${path}/test`]);
  const long = [...places, 'examples', 'bench'].flatMap(filesIn).filter((path) => {
    const lines = read(path).split('\n');
    const saysWhy = lines.slice(0, 20).join(' ').includes('Long because');
    return lines.length > 600 || (lines.length > 400 && !saysWhy);
  });
  expect(long).toEqual([]);
});

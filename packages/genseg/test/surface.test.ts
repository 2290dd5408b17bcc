/**
 * What is promised is there: the library's public surface, what the docs import, the files and commands that
 * they name, and the file tree in the README.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import * as surface from '../src/index.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const skipped = /(^|\/)(node_modules|dist|build|runs|\.git)(\/|$)/;
const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (skipped.test(path)) return [];
    return entry.isDirectory() ? filesIn(path) : [path];
  });

interface Exported {
  /** As the file itself or the file it comes from calls it. */
  own: string;
  name: string;
  type: boolean;
}

/** The names in a file's export lists, and those that it declares. */
function exportsOf(path: string): Exported[] {
  const code = read(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const lists = [...code.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, allTypes, list]) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
      .map((item) => {
        const [own, name = own] = item.replace(/^type /, '').split(' as ');
        return { own, name, type: allTypes !== undefined || item.startsWith('type ') };
      }),
  );
  const declared = code.matchAll(
    /^export (?:abstract )?(class|function|const|interface|type) (\w+)/gm,
  );
  return [
    ...lists,
    ...[...declared].map(([, kind, name]) => ({
      ...{ own: name, name },
      type: kind === 'interface' || kind === 'type',
    })),
  ];
}

const listed = exportsOf('packages/genseg/src/index.ts');

test('every name of the surface is exported once, and every value is there', () => {
  const names = listed.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  const values = listed.filter(({ type }) => !type).map(({ name }) => name);
  expect(Object.keys(surface).sort()).toEqual(values.sort());
  expect(Object.entries(surface).filter(([, value]) => value === undefined)).toEqual([]);
});

test.each(['nn', 'optim', 'mlo', 'models', 'augment', 'data', 'metrics'])(
  'all of %s is on the surface',
  (folder) => {
    const own = exportsOf(`packages/genseg/src/${folder}/index.ts`).map(({ name }) => name);
    expect(own.length).toBeGreaterThan(0);
    const known = listed.map((one) => one.own);
    expect(own.filter((name) => !known.includes(name))).toEqual([]);
  },
);

test('plain node imports what was built, with the same names', () => {
  const program = "import('genseg').then((all) => console.log(JSON.stringify(Object.keys(all))))";
  const output = execFileSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' });
  expect(JSON.parse(output).sort(), 'npm run build?').toEqual(Object.keys(surface).sort());
});

const docs = ['README.md', ...filesIn('docs'), ...filesIn('examples')].filter((path) =>
  path.endsWith('.md'),
);
const blocks = (text: string, languages: RegExp) =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
    .filter(([, language]) => languages.test(language))
    .map(([, , code]) => code);

test('what docs and examples import exists', () => {
  const exported: Record<string, Set<string>> = {
    genseg: new Set(listed.map(({ name }) => name)),
    '@genseg/torch': new Set(
      ['index.ts', 'ops.gen.ts'].flatMap((file) =>
        exportsOf(`packages/torch/src/${file}`).map(({ name }) => name),
      ),
    ),
  };
  const programs = filesIn('examples').filter((path) => /\.m?[jt]s$/.test(path));
  const sources: [string, string][] = [
    ...docs.map((path): [string, string] => [path, blocks(read(path), /^(ts|js)$/).join('\n')]),
    ...programs.map((path): [string, string] => [path, read(path)]),
  ];
  const imports = sources.flatMap(([path, code]) =>
    [...code.matchAll(/import \{([^}]*)\} from '(genseg|@genseg\/torch)'/g)].flatMap(
      ([, names, from]) =>
        names
          .split(',')
          .map(
            (name) =>
              name
                .trim()
                .replace(/^type /, '')
                .split(' as ')[0],
          )
          .filter(Boolean)
          .map((name) => ({ path, from, name })),
    ),
  );
  expect(new Set(imports.map(({ from }) => from)).size).toBe(2);
  expect(imports.filter(({ from, name }) => !exported[from].has(name))).toEqual([]);
});

/** Text without fenced blocks, and without those indented by four. */
const prose = (path: string) =>
  read(path)
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/^ {4}.*$/gm, '');

/** Whether a name in backticks can only be a file or folder of the repository. */
const looksLikeOurs = (name: string) =>
  /^[\w@./*-]+$/.test(name) &&
  (/\.(ts|mjs|cc|h|py)$/.test(name) || /^(packages|docs|examples|scripts|bench)\//.test(name)) &&
  !name.startsWith('/');

const everyFile = ['packages', 'docs', 'examples', 'scripts', 'bench'].flatMap(filesIn);
const bases = [
  '',
  'packages/genseg',
  'packages/genseg/src',
  'packages/torch',
  'packages/torch/src',
];

/** A bare name may stand anywhere; `*` stands for part of a name. packages/torch/build is made by set-up. */
function isThere(name: string, from: string): boolean {
  if (name === 'packages/torch/build') return true;
  if (!name.includes('/')) return everyFile.some((path) => basename(path) === name);
  return [...bases, dirname(from)].some((base) => {
    const path = join(base, name);
    if (!path.includes('*')) return existsSync(join(root, path));
    const pattern = basename(path).replaceAll('.', '\\.').replaceAll('*', '[^/]*');
    return everyFile.some(
      (file) => dirname(file) === dirname(path) && new RegExp(`^${pattern}$`).test(basename(file)),
    );
  });
}

test('every file and folder named in the docs exists', () => {
  const named = docs.flatMap((path) =>
    [...prose(path).matchAll(/`([^`\n]+)`/g)]
      .map(([, name]) => name)
      .filter(looksLikeOurs)
      .map((name) => ({ path, name })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ name, path }) => !isThere(name, path))).toEqual([]);
});

/** As GitHub makes them of headings. */
const anchorsOf = (path: string) =>
  [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

test('every link of the docs leads somewhere', () => {
  const links = docs.flatMap((path) =>
    [...prose(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => ({
      path,
      target,
    })),
  );
  expect(links.length).toBeGreaterThan(20);
  const dead = links.filter(({ path, target }) => {
    const [file, anchor] = target.split('#');
    const to = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(root, to))) return true;
    return anchor !== undefined && !anchorsOf(to).includes(anchor);
  });
  expect(dead).toEqual([]);
});

/** The options of a command, as its file in cli/ declares them. */
const optionsOf = (command: string): string[] => {
  const file = command === 'resume' ? 'train' : command;
  const path = `packages/genseg/src/cli/${file}.ts`;
  if (!existsSync(join(root, path))) return [];
  const code = read(path);
  const part = file === 'train' ? code.split(/(?=export const \w+Command)/) : [code];
  const own = part.find((text) => text.includes(`Command('${command}')`)) ?? '';
  return [...own.matchAll(/ption\(\s*'(?:-\w, )?(--[\w-]+)/g)].map(([, option]) => option);
};

test('every genseg command in the docs exists, with the options it is given', () => {
  const lines = docs.flatMap((path) =>
    read(path)
      .replaceAll('\\\n', ' ')
      .split('\n')
      .flatMap((line) => [...line.matchAll(/\bgenseg ([a-z]+)((?: +[^\s`|;)]+)*)/g)])
      .filter(([, command, rest]) => optionsOf(command).length > 0 || / --/.test(rest))
      .map(([, command, rest]) => ({ path, command, options: rest.match(/--[a-z][\w-]*/g) ?? [] })),
  );
  expect(lines.length).toBeGreaterThan(10);
  const wrong = lines.flatMap(({ path, command, options }) =>
    options
      .filter((option) => !optionsOf(command).includes(option))
      .map((option) => `${path}: genseg ${command} ${option}`),
  );
  expect(wrong).toEqual([]);
});

interface Entry {
  path: string;
  gloss: string;
  /** Where the gloss begins. */
  column: number;
}

/** The lines of the README's file tree, with the folders they stand in. */
function tree(): Entry[] {
  const [, text] = /^## Files[\s\S]*?^```\n([\s\S]*?)^```/m.exec(read('README.md'))!;
  const above: { indent: number; path: string }[] = [];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, indent, name, space, gloss] = /^( *)(\S+)( *)(.*)$/.exec(line)!;
      while (above.length > 0 && above.at(-1)!.indent >= indent.length) above.pop();
      const path = join(above.at(-1)?.path ?? '', name);
      above.push({ indent: indent.length, path });
      return { path, gloss, column: line.length - gloss.length - (space.length < 2 ? 1000 : 0) };
    });
}

const isFile = (path: string) =>
  existsSync(join(root, path)) && statSync(join(root, path)).isFile();
/** Tests stand beside what they test, and a folder's index.ts is what the folder offers. */
const hasLine = (path: string) =>
  !path.endsWith('.test.ts') && !/src\/.+\/index\.ts$/.test(path) && !path.endsWith('.json');

test('the file tree in the README is that of the repository, both ways', () => {
  const entries = tree();
  expect(entries.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
  const folders = [
    ...['packages/genseg/src', 'packages/torch/src', 'packages/torch/native'],
    ...['packages/studio/src', 'bench', 'scripts'],
  ];
  const inFolders = (path: string) => folders.some((folder) => path.startsWith(`${folder}/`));
  const told = entries.map(({ path }) => path).filter((path) => inFolders(path) && isFile(path));
  expect(told.sort()).toEqual(folders.flatMap(filesIn).filter(hasLine).sort());
});

test('every line of the file tree has its gloss, in one column for each package', () => {
  const entries = tree().filter(
    ({ path }) => !/\/(src|test|native)\/?$|^(examples|scripts)\/$/.test(path),
  );
  expect(entries.filter(({ gloss }) => gloss === '')).toEqual([]);
  for (const name of ['packages/genseg', 'packages/torch', 'packages/studio', 'bench', 'scripts']) {
    const within = entries.filter(({ path }) => path.startsWith(name) && path !== `${name}/`);
    expect([...new Set(within.filter((e) => e.column < 0).map((e) => e.path))]).toEqual([]);
    expect(new Set(within.map(({ column }) => column)).size, name).toBe(1);
  }
});

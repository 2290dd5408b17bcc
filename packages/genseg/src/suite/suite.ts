/**
 * A suite: which trainings are compared, as a YAML file. A cell is one training: a task, one of its numbers
 * of labelled images, a draw of them, a method, a model, a variant of the options.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import {
  isScript,
  methodNames,
  modelNames,
  nearestName,
  takesUnlabelled,
  trainConfigSchema,
} from '../run/index.ts';
import { cellsOf } from './cells.ts';

/** A data folder that is made before the first cell: derive.ts. */
export type Derivation =
  | { readonly kind: 'shift'; readonly from: string }
  | {
      readonly kind: 'divide';
      readonly from: string;
      readonly pool: number;
      readonly seed: number;
    };

/** Options of `genseg train` by name. */
export type Options = Readonly<Record<string, string | number | boolean>>;

export interface Task {
  readonly name: string;
  /** Folders; those of `derived` lie below the output folder. */
  readonly data: string;
  readonly test: readonly string[];
  readonly unlabelled: string | null;
  readonly labels: readonly number[];
  readonly options: Options;
}

export interface Suite {
  readonly name: string;
  readonly tasks: readonly Task[];
  readonly methods: readonly string[];
  /** The method that is compared with each of the others. */
  readonly subject: string;
  readonly seeds: readonly number[];
  readonly models: readonly string[];
  readonly variants: readonly { readonly name: string; readonly options: Options }[];
  readonly derived: ReadonlyMap<string, Derivation>;
}

/** What cells differ in, or the runner decides; no suite sets it as an option. */
const decided = [
  ...['data', 'out', 'method', 'model', 'labels', 'seed', 'test', 'unlabelled'],
  ...['budget', 'json'],
];

const optionsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const name = z.string().regex(/^[\w.+-]+$/, 'expected letters, digits, ".", "_", "+" or "-"');
const count = z.int().min(1);
const oneOrMany = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1));

const derivationSchema = z.union([
  z.strictObject({ shift: z.string() }),
  z.strictObject({ divide: z.string(), pool: z.int().min(2), seed: z.int().min(0).default(0) }),
]);

const taskSchema = z.strictObject({
  name,
  data: z.string(),
  test: oneOrMany(z.string()).optional(),
  unlabelled: z.string().optional(),
  labels: oneOrMany(z.int().min(2)).optional(),
  options: optionsSchema.default({}),
});

const suiteSchema = z.strictObject({
  tasks: z.array(taskSchema).min(1),
  methods: oneOrMany(z.enum(methodNames, { error: `expected some of ${methodNames.join(', ')}` })),
  subject: z.enum(methodNames).optional(),
  labels: oneOrMany(z.int().min(2)).optional(),
  draws: z.union([count, z.array(z.int().min(0)).min(1)]),
  models: oneOrMany(z.string()).default(['unet']),
  variants: z.record(name, optionsSchema).optional(),
  options: optionsSchema.default({}),
  derived: z.record(name, derivationSchema).default({}),
});

/** Reads and checks a suite. @param out where its runs, and its derived folders, will lie. @throws ConfigError */
export function readSuite(file: string, out: string): Suite {
  const refuse = (problem: string, cause?: unknown) =>
    new ConfigError(`${file}: ${problem}`, { cause });
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw refuse(`cannot be read as YAML: ${(cause as Error).message.split('\n')[0]}`, cause);
  }
  const parsed = suiteSchema.safeParse(content);
  if (!parsed.success) {
    throw refuse(`${issueText(parsed.error.issues)}; see docs/reference/suites.md`);
  }
  const given = parsed.data;
  /** A folder beside the suite file, or one that is derived. */
  const folder = (path: string): string => {
    if (isAbsolute(path)) return path;
    const [first] = path.split(/[/\\]/);
    return first in given.derived ? derivedFolder(out, path) : resolve(dirname(file), path);
  };
  const withPaths = (options: Options): Options =>
    typeof options.weights === 'string'
      ? { ...options, weights: folder(options.weights) }
      : options;
  const derivationOf = (one: z.output<typeof derivationSchema>): Derivation =>
    'shift' in one
      ? { kind: 'shift', from: folder(one.shift) }
      : { kind: 'divide', from: folder(one.divide), pool: one.pool, seed: one.seed };
  const names = Object.keys(given.derived);
  for (const [i, one] of Object.values(given.derived).entries()) {
    const [source] = ('shift' in one ? one.shift : one.divide).split(/[/\\]/);
    if (names.indexOf(source) >= i)
      throw refuse(
        `derived: ${names[i]} is made of the entry ${source}, which must stand above it; move it there, or rename it if a folder of that name is meant`,
      );
  }
  const tasks = given.tasks.map((task): Task => {
    const labels = task.labels ?? given.labels;
    if (!labels)
      throw refuse(`task ${task.name} has no labels; say how many, such as labels: [9, 14]`);
    const { data, test = [], unlabelled } = task;
    return {
      name: task.name,
      data: folder(data),
      test: test.map(folder),
      unlabelled: unlabelled === undefined ? null : folder(unlabelled),
      labels,
      options: withPaths({ ...given.options, ...task.options }),
    };
  });
  const variants = Object.entries(given.variants ?? { default: {} });
  const { methods, models, draws } = given;
  const subject = given.subject ?? (methods.includes('genseg') ? 'genseg' : methods[0]);
  const suite: Suite = {
    name: basename(file).replace(/\.ya?ml$/, ''),
    tasks,
    methods,
    subject,
    seeds: typeof draws === 'number' ? Array.from({ length: draws }, (_, i) => i) : draws,
    models: models.map((model) => (isScript(model) ? folder(model) : model)),
    variants: variants.map(([key, options]) => ({ name: key, options: withPaths(options) })),
    derived: new Map(Object.entries(given.derived).map(([key, one]) => [key, derivationOf(one)])),
  };
  const problem = problemOf(suite);
  if (problem) throw refuse(problem);
  return suite;
}

/** The first issue, and of an unknown key, which may leave another one missing, what was meant. */
function issueText(issues: readonly z.core.$ZodIssue[]): string {
  const unknown = issues.find(({ code }) => code === 'unrecognized_keys');
  const { path, message } = unknown ?? issues[0];
  const at = path.join('.') || 'the suite';
  if (unknown?.code !== 'unrecognized_keys') return `${at}: ${message}`;
  const known = Object.keys((path[0] === 'tasks' ? taskSchema : suiteSchema).shape);
  const [key] = unknown.keys;
  const nearest = nearestName(key, known);
  return `${at}: unrecognized key ${key}; ${nearest ? `did you mean ${nearest}?` : `keys are ${known.join(', ')}`}`;
}

/** Where a derived folder, or a folder in one, will lie. */
export const derivedFolder = (out: string, path: string): string => join(out, 'data', path);

/** What the schema cannot see. */
function problemOf(suite: Suite): string | undefined {
  const { tasks, methods, subject, models, variants } = suite;
  const names = tasks.map((task) => task.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) return `two tasks are called ${twice}; give each a name of its own`;
  if (!methods.includes(subject)) return `the subject ${subject} is not among the methods`;
  const model = models.find((one) => !isScript(one) && !modelNames.some((known) => known === one));
  if (model) return `models: ${model} is none of ${modelNames.join(', ')}, and no .pt file`;
  const needs = methods.find((method) => takesUnlabelled(method));
  const lacks = needs && tasks.find(({ unlabelled }) => unlabelled === null);
  if (lacks)
    return `method ${needs} needs unlabelled images; add unlabelled: to the task ${lacks.name}`;
  for (const { options } of [...tasks, ...variants])
    for (const [key, value] of Object.entries(options)) {
      const problem = optionProblem(key, value);
      if (problem) return problem;
    }
  const ids = cellsOf(suite).map(({ id }) => id);
  const shared = ids.find((id, i) => ids.indexOf(id) !== i);
  if (shared)
    return `two cells are called ${shared}, and one would overwrite the other; name each method, draw and number of labels once, and give model files and variants names that tell them apart`;
  return undefined;
}

function optionProblem(key: string, value: Options[string]): string | undefined {
  const { shape } = trainConfigSchema;
  const free = Object.keys(shape).filter((option) => !decided.includes(option));
  if (decided.includes(key)) return `options: ${key} is not for options; the cells decide it`;
  if (!free.includes(key)) {
    const nearest = nearestName(key, free);
    return `options: ${key} is not an option; ${nearest ? `did you mean ${nearest}?` : `options are ${free.join(', ')}`}`;
  }
  const checked = shape[key as keyof typeof shape].safeParse(value);
  return checked.success
    ? undefined
    : `options: ${key} is ${JSON.stringify(value)}, ${checked.error.issues[0].message}`;
}

/** A path as a command in `from` would name it. */
export const shown = (path: string, from = process.cwd()): string =>
  path.startsWith(from + sep) ? path.slice(from.length + 1) : path;

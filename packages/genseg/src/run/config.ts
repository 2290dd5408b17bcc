/**
 * Resolves options from where they may be set, each place overriding the ones before:
 * defaults < preset < config file < GENSEG_* environment < flags. Every value keeps its source.
 * Which options there are is the schema's business (train-config.ts).
 */

import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { nearestName } from './nearest-name.ts';
import { flagName } from './shell.ts';
import type { Setting, Settings } from './types.ts';

/** Where options may be set. */
export interface ConfigLayers<Config> {
  /** Defaults that depend on the machine or the data; they go before those of the schema. */
  readonly defaults?: Partial<Config>;
  /** Options by preset; the option `preset` chooses one. */
  readonly presets?: Readonly<Record<string, Partial<Config>>>;
  readonly file?: ConfigFile;
  /** Environment variables; those that start with GENSEG_ count, unless empty. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Command line options by name, undefined where not given. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

export interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Resolved<Config> {
  readonly config: Config;
  readonly settings: Settings<Config>;
}

/** Reads a JSON file of options. */
export function readConfigFile(path: string): ConfigFile {
  let values: unknown;
  try {
    values = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`${path} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new ConfigError(`${path} must hold one JSON object such as { "size": 128 }`);
  }
  return { path, values: values as Record<string, unknown> };
}

/** Resolves and checks all options of the schema; throws a ConfigError that names the source. */
export function resolveConfig<Schema extends z.ZodObject>(
  schema: Schema,
  { defaults = {}, presets, file, environment = {}, flags = {} }: ConfigLayers<z.output<Schema>>,
): Resolved<z.output<Schema>> {
  const lowest = toLayer(defaults, () => 'default');
  const given = [
    file ? toLayer(file.values, (name) => `${name} in ${file.path}`) : {},
    toLayer(optionsOf(environment), variableName),
    toLayer(flags, flagName),
  ];
  for (const layer of given) refuseUnknown(layer, Object.keys(schema.shape));

  const chosen: Layer = Object.assign({}, lowest, ...given);
  const preset = presets ? presetLayer(schema, presets, chosen.preset?.value) : {};
  const merged: Layer = Object.assign({}, lowest, preset, ...given);

  const config = check(schema, merged);
  const settings = mapValues(config, (value, name) => ({
    value,
    source: merged[name]?.source ?? 'default',
  }));
  return { config, settings: settings as Settings<z.output<Schema>> };
}

/** The options of an earlier run, from the settings in its config.json. */
export function restoreConfig<Schema extends z.ZodObject>(
  schema: Schema,
  settings: Readonly<Record<string, Setting<unknown>>>,
): z.output<Schema> {
  return check(schema, settings);
}

/** Options by name, as they are given in one place. */
type Layer = Readonly<Record<string, Given>>;

interface Given extends Setting<unknown> {
  /** How the same place would spell another option. */
  readonly spell: (name: string) => string;
}

function toLayer(
  values: Readonly<Record<string, unknown>>,
  spell: (name: string) => string,
): Layer {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    present.map(([name, value]) => [name, { value, source: spell(name), spell }]),
  );
}

function refuseUnknown(layer: Layer, options: readonly string[]): void {
  for (const [name, { source, spell }] of Object.entries(layer)) {
    if (options.includes(name)) continue;
    const nearest = nearestName(name, options);
    const mend = nearest ? `did you mean ${spell(nearest)}?` : `options are ${options.join(', ')}`;
    throw new ConfigError(`${source} is not an option; ${mend}`);
  }
}

/** The options of the chosen preset; none while the choice itself is invalid, which is told later. */
function presetLayer<Config>(
  schema: z.ZodObject,
  presets: Readonly<Record<string, Partial<Config>>>,
  choice: unknown,
): Layer {
  const name = schema.shape.preset.safeParse(choice).data;
  return toLayer(presets[name] ?? {}, () => `preset ${name}`);
}

function check<Schema extends z.ZodObject>(
  schema: Schema,
  settings: Readonly<Record<string, Setting<unknown>>>,
): z.output<Schema> {
  const parsed = schema.safeParse(mapValues(settings, ({ value }) => value));
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const name = String(path[0]);
  if (settings[name]) {
    const { source, value } = settings[name];
    throw new ConfigError(`${source} is ${JSON.stringify(value)}, ${message}`);
  }
  throw new ConfigError(
    `${name} is missing, ${message}; ` +
      `set it on the command line, as ${variableName(name)} or in a config file`,
  );
}

const PREFIX = 'GENSEG_';

/** unrollSteps -> GENSEG_UNROLL_STEPS */
const variableName = (option: string): string =>
  PREFIX + option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** GENSEG_UNROLL_STEPS=3 -> { unrollSteps: '3' } */
function optionsOf(environment: Readonly<Record<string, string | undefined>>) {
  const variables = Object.entries(environment).filter(
    ([name, value]) => name.startsWith(PREFIX) && value !== '',
  );
  return Object.fromEntries(
    variables.map(([name, value]) => [
      name
        .slice(PREFIX.length)
        .toLowerCase()
        .replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

const mapValues = <Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, name: string) => Result,
): Record<string, Result> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));

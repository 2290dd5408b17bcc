/** studio.json: what the studio knows of a project beyond its files. Written whole, checked when read. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { writeJsonAtomic } from 'genseg/run';
import { z } from 'zod';
import type { ProjectPaths } from './paths.ts';

const classSchema = z.object({
  name: z.string().trim().min(1).max(60),
  colour: z.string().regex(/^#[0-9a-f]{6}$/i),
});

/** Background first. A class goes by its name in scores, areas and dataset.json, where `ignore` means no label. */
export const classesSchema = z
  .array(classSchema)
  .min(2)
  .max(64)
  .superRefine((classes, context) => {
    const names = classes.map(({ name }) => name);
    const twice = names.find((name, id) => names.indexOf(name) !== id);
    const message =
      twice !== undefined
        ? `two are called "${twice}"; give each a name of its own`
        : names.includes('ignore')
          ? '"ignore" stands for pixels without a label; give the class another name'
          : null;
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

const settingsSchema = z.object({
  format: z.literal('genseg-studio/1'),
  name: z.string().min(1).max(120),
  classes: z.array(classSchema).min(2).max(64),
  /** mm. */
  pixelSize: z.number().positive().nullable(),
  /** Problems that the user has looked at and lets be: `kind:case id`. */
  kept: z.array(z.string()),
});

export type Settings = z.output<typeof settingsSchema>;

/** Okabe and Ito's palette (2008), as genseg's own overlays have it. */
const palette = ['#e69f00', '#56b4e9', '#009e73', '#cc79a7', '#f0e442', '#0072b2', '#d55e00'];

/** The colour of a class by its id. */
export const defaultColour = (id: number): string =>
  id === 0 ? '#000000' : palette[(id - 1) % palette.length];

export interface SettingsStore {
  get(): Settings;
  change(change: Partial<Omit<Settings, 'format'>>): Settings;
  /** Adds classes that masks turned out to have, and their names where ours are only placeholders. */
  adoptClasses(names: readonly string[]): void;
}

/** Opens studio.json, or begins with defaults. It is read again when another program has changed it. */
export function openSettings(paths: ProjectPaths): SettingsStore {
  let read = { at: -1, settings: defaults(paths.root) };
  const get = () => {
    const stat = statSync(paths.settings, { throwIfNoEntry: false });
    if (stat && stat.mtimeMs !== read.at) read = { at: stat.mtimeMs, settings: readFile(paths) };
    return read.settings;
  };
  const change: SettingsStore['change'] = (change) => {
    const settings = settingsSchema.parse({ ...get(), ...change });
    writeJsonAtomic(paths.settings, settings);
    return get();
  };
  return {
    get,
    change,
    adoptClasses(names) {
      const { classes } = get();
      if (names.length < 2) return;
      const isDefault = (name: string, id: number) => ['object', `class ${id}`].includes(name);
      const adopted = [
        ...names.slice(0, 64),
        ...classes.slice(names.length).map(({ name }) => name),
      ].map((name, id) => {
        const own = classes[id];
        if (own && (!isDefault(own.name, id) || isDefault(name, id) || id === 0)) return own;
        const taken = classes.some((one, other) => one.name === name && other !== id);
        return { name: taken ? `class ${id}` : name, colour: own?.colour ?? defaultColour(id) };
      });
      if (JSON.stringify(adopted) !== JSON.stringify(classes)) change({ classes: adopted });
    },
  };
}

const defaults = (root: string): Settings => ({
  format: 'genseg-studio/1',
  name: basename(root),
  classes: [
    { name: 'background', colour: defaultColour(0) },
    { name: 'object', colour: defaultColour(1) },
  ],
  pixelSize: null,
  kept: [],
});

/** @throws Error that names the file: a project is not opened with settings that would then be lost. */
function readFile({ settings: path }: ProjectPaths): Settings {
  try {
    return settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new Error(
      `${path} is not that of a studio project; mend it, or move it away and start again`,
      { cause },
    );
  }
}

export const hasSettings = ({ settings }: ProjectPaths): boolean => existsSync(settings);

/**
 * Path templates: how a recipe names the files of a download. `{id}` stands for a part of a file's or folder's
 * name, `{id:\d+}` for one that the expression matches; a name that comes a second time stands for the same
 * text. A template is matched at a path's end, whole folders at a time, so that it does not matter where a
 * download was unpacked, and capitals do not matter.
 */
import type { Names } from './public-set.ts';

/** A placeholder, whose expression may hold one level of braces: `{id:ISIC_\d{7}}`. */
const placeholder = /\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}/g;

export interface PathPattern {
  /** The placeholders' names. */
  readonly names: readonly string[];
  /** What the placeholders stand for in a path; null where it does not match. */
  match(path: string): Names | null;
}

export function pathPattern(template: string): PathPattern {
  const names = new Set<string>();
  let source = '';
  let end = 0;
  for (const found of template.matchAll(placeholder)) {
    const [whole, name, expression = '[^/]+?'] = found;
    source += literal(template.slice(end, found.index));
    source += names.has(name) ? `\\k<${name}>` : `(?<${name}>${expression})`;
    names.add(name);
    end = found.index + whole.length;
  }
  const pattern = new RegExp(`(?:^|/)${source}${literal(template.slice(end))}$`, 'i');
  const match = (path: string): Names | null => {
    const found = pattern.exec(path);
    return found && { ...found.groups };
  };
  return { names: [...names], match };
}

/** A template as a person reads it: `{id}` for what is not known, names filled in where they are given. */
export const shown = (template: string, names: Names = {}): string =>
  template.replaceAll(placeholder, (_, name: string) => names[name] ?? `{${name}}`);

const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Which image an entry of a table means: that of this path or id, else the one whose path ends so
 * (`p0/1.jpg`, `1.jpg`, `1`), else the one whose path ends as the entry does.
 */
import { DataError } from '../../errors.ts';
import { isImage, stem } from './names.ts';
import type { FoundCase } from './tree.ts';

export interface Entry<T> {
  /** As the table has it. */
  readonly name: string;
  readonly value: T;
}

/**
 * What a table says of the cases, by case id, and its entries that mean none of them.
 * @throws DataError for an entry that may mean several images, or two that say different things of one.
 */
export function matchEntries<T>(
  entries: readonly Entry<T>[],
  cases: readonly FoundCase[],
  file: string,
): { values: ReadonlyMap<string, T>; absent: readonly string[] } {
  const find = finder(cases);
  const taken = new Map<string, Entry<T>>();
  const take = (entry: Entry<T>, among: readonly FoundCase[]) => {
    const [path, other] = new Set(among.map(({ images }) => images[0]));
    if (other !== undefined) {
      throw new DataError(
        `${file}: "${entry.name}" may be ${path} or ${other}; write the path that tells them apart`,
      );
    }
    for (const { id } of among) {
      const before = taken.get(id) ?? entry;
      if (JSON.stringify(before.value) !== JSON.stringify(entry.value)) {
        throw new DataError(
          `${file}: "${before.name}" and "${entry.name}" say different things of one image, ${path}; remove one`,
        );
      }
      taken.set(id, entry);
    }
  };
  const others = entries.filter((entry) => {
    const among = find.all(entry.name);
    take(entry, among);
    return among.length === 0;
  });
  // Where an image has an entry of its own, one that leads elsewhere and only ends alike means another.
  const own = new Set(taken.keys());
  const absent = others.filter((entry) => {
    const among = find.end(entry.name);
    if (among.length === 0 || among.some(({ id }) => own.has(id))) return true;
    take(entry, among);
    return false;
  });
  const values = new Map([...taken].map(([id, { value }]) => [id, value]));
  return { values, absent: absent.map(({ name }) => name) };
}

/** Finds cases by the whole of an entry, or by an end of it. */
function finder(cases: readonly FoundCase[]) {
  const exact = new Map<string, FoundCase[]>();
  const whole = new Map<string, FoundCase[]>();
  const ends = new Map<string, FoundCase[]>();
  const add = (map: Map<string, FoundCase[]>, key: string, one: FoundCase) => {
    const of = map.get(key);
    if (of) of.push(one);
    else map.set(key, [one]);
  };
  for (const one of cases) {
    add(whole, one.id, one);
    for (const image of one.images) {
      const [path, ...shorter] = endsOf(image.normalize('NFC'));
      add(exact, path, one);
      // "a.png" is images/a.png rather than images/old/a.png.
      for (const key of [path, ...shorter.slice(0, 1)]) add(whole, key, one);
      for (const end of [path, ...shorter]) {
        add(ends, end, one);
        add(ends, stem(end), one);
      }
    }
  }
  const at = (key: string) => exact.get(key) ?? whole.get(key) ?? ends.get(key);
  const plain = (name: string) =>
    name
      .trim()
      .normalize('NFC')
      .replaceAll('\\', '/')
      .replace(/^(\.?\/)+/, '');
  const bare = (name: string) => (isImage(name) ? stem(name) : name);
  return {
    all: (name: string) => at(plain(name)) ?? at(bare(plain(name))) ?? [],
    end: (name: string) =>
      endsOf(bare(plain(name)))
        .map(at)
        .find((found) => found !== undefined) ?? [],
  };
}

/** `a/b/c`, `b/c`, `c`. */
const endsOf = (path: string): string[] => {
  const parts = path.split('/');
  return parts.map((_, i) => parts.slice(i).join('/'));
};

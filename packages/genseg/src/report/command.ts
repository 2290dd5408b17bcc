/** The command line that repeats a run. */
import { flagName, type JsonObject, quoted, type Settings } from '../run/index.ts';

/** Every option that was not left at its default, and the seed in any case; quoted for a POSIX shell. */
export function trainCommand(settings: Settings<JsonObject>): string {
  const { data, json: _, ...options } = settings;
  const flags = Object.entries(options)
    .filter(([name, { source }]) => name === 'seed' || !/^(default|preset)\b/.test(source))
    .flatMap(([name, { value }]) => [value].flat().map((one) => [name, one] as const))
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]) =>
      value === true ? flagName(name) : `${flagName(name)} ${quoted(String(value))}`,
    );
  return ['genseg train', quoted(String(data.value)), ...flags].join(' ');
}

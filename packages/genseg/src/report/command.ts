/** The command line that repeats a run. */
import type { JsonObject, JsonValue, Settings } from '../run/index.ts';

/** Every option that was not left at its default, and the seed in any case; quoted for a POSIX shell. */
export function trainCommand(settings: Settings<JsonObject>): string {
  const { data, json: _, ...options } = settings;
  const flags = Object.entries(options)
    .filter(([name, { source }]) => name === 'seed' || !/^(default|preset)\b/.test(source))
    .flatMap(([name, { value }]) => [value].flat().map((one) => [name, one] as const))
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]) => (value === true ? flag(name) : `${flag(name)} ${quoted(value)}`));
  return ['genseg train', quoted(data.value), ...flags].join(' ');
}

/** unrollSteps -> --unroll-steps */
const flag = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function quoted(value: JsonValue): string {
  const text = String(value);
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A draft as a string for localStorage: a line of JSON, then the mask's runs, a character per byte. */
import { decodeRuns, encodeRuns } from '../engine/index.ts';
import type { Draft } from './drafts.ts';

/** So many bytes become characters at a time; a call takes only so many arguments. */
const chunk = 8192;

export function printDraft({ ids, ...head }: Draft): string {
  const runs = encodeRuns(ids);
  const parts = [JSON.stringify(head), '\n'];
  for (let i = 0; i < runs.length; i += chunk)
    parts.push(String.fromCharCode(...runs.subarray(i, i + chunk)));
  return parts.join('');
}

/** @throws SyntaxError or RangeError for a string that is no draft */
export function parseDraft(text: string): Draft {
  const end = text.indexOf('\n');
  const { width, height, base } = JSON.parse(text.slice(0, end)) as Omit<Draft, 'ids'>;
  const runs = Uint8Array.from(text.slice(end + 1), (character) => character.charCodeAt(0));
  return { width, height, base, ids: decodeRuns(runs) };
}

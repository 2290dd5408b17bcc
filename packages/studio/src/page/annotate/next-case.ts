/** Which image to paint next. */
import type { CaseRow, Suggestions } from '../../api.ts';

export interface Next {
  readonly id: string;
  /** In words, for the button. */
  readonly reason: string;
}

/**
 * The image without a mask that the model is least sure of; without a model's opinion the next one without a mask
 * after the current one, and around from the start.
 */
export function nextCase(
  rows: readonly CaseRow[],
  suggestions: Suggestions | undefined,
  current: string | null,
): Next | null {
  const open = rows.filter(({ id, mask }) => mask === null && id !== current);
  const unsure = suggestions?.items.find(({ id }) => open.some((row) => row.id === id));
  if (unsure) return { id: unsure.id, reason: 'the model is least sure of it' };
  const place = rows.findIndex(({ id }) => id === current);
  const after = open.find((row) => rows.indexOf(row) > place) ?? open[0];
  return after ? { id: after.id, reason: 'it has no mask yet' } : null;
}

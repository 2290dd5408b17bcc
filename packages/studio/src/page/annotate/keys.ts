/** Keys of the painting page: what each does, for the handler and for the list that the page shows. */
import type { Tool, ToolAction } from './tools.ts';

export type Command =
  | { readonly kind: 'tools'; readonly action: ToolAction }
  | { readonly kind: 'undo' | 'redo' | 'fit' | 'next' | 'drop-corner' | 'cancel' }
  | { readonly kind: 'zoom'; readonly factor: number };

interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const toolKeys: Readonly<Record<string, Tool>> = {
  ...{ b: 'brush', e: 'eraser', p: 'polygon', f: 'fill', w: 'wand', t: 'threshold', m: 'move' },
};
export const keyOf = (tool: Tool): string =>
  Object.keys(toolKeys)
    .find((key) => toolKeys[key] === tool)!
    .toUpperCase();

/** What a key means here; undefined: nothing. */
export function commandOf({
  key,
  ctrlKey,
  metaKey,
  shiftKey,
  altKey,
}: Pressed): Command | undefined {
  const lower = key.toLowerCase();
  if (altKey) return undefined;
  if (ctrlKey || metaKey) {
    if (lower === 'z') return { kind: shiftKey ? 'redo' : 'undo' };
    return lower === 'y' ? { kind: 'redo' } : undefined;
  }
  if (lower in toolKeys) return { kind: 'tools', action: { kind: 'tool', tool: toolKeys[lower] } };
  if (/^[1-9]$/.test(key))
    return { kind: 'tools', action: { kind: 'class', classId: Number(key) } };
  switch (key) {
    case '[':
      return { kind: 'tools', action: { kind: 'resize', factor: 1 / 1.2 } };
    case ']':
      return { kind: 'tools', action: { kind: 'resize', factor: 1.2 } };
    case '+':
    case '=':
      return { kind: 'zoom', factor: 1.25 };
    case '-':
      return { kind: 'zoom', factor: 0.8 };
    case '0':
      return { kind: 'fit' };
    case 'Escape':
      return { kind: 'cancel' };
    case 'Backspace':
      return { kind: 'drop-corner' };
  }
  if (lower === 'h') return { kind: 'tools', action: { kind: 'toggle-mask' } };
  if (lower === 'n') return { kind: 'next' };
  return undefined;
}

/** For the reader. */
export const keyList: readonly (readonly [keys: string, does: string])[] = [
  ['B, E, P, F, W, T, M', 'brush, eraser, polygon, fill, wand, threshold, move'],
  ['1 to 9', 'class'],
  ['[ and ]', 'smaller, larger brush'],
  ['Ctrl+Z, Ctrl+Y', 'undo, redo'],
  ['+, -, 0', 'zoom in, out, whole image; also the wheel'],
  ['Space, held', 'move the image; also the middle button'],
  ['H', 'hide or show the mask'],
  ['N', 'next image'],
  ['Enter', 'closes the polygon'],
  ['Backspace, Escape', 'last corner away, polygon away'],
  ['Arrows, then Enter', 'on the image: move the brush, put it down or lift it; or use the tool'],
];

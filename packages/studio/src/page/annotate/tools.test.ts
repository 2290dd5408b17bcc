import { expect, test } from 'vitest';
import { changeTools, firstTools, paintedClass, radiusRange } from './tools.ts';

test('picking a class takes up the brush, unless a tool that paints is in hand', () => {
  const pick = (tool: typeof firstTools.tool) =>
    changeTools({ ...firstTools, tool }, { kind: 'class', classId: 3 });
  expect(pick('eraser')).toMatchObject({ tool: 'brush', classId: 3 });
  expect(pick('move').tool).toBe('brush');
  expect(pick('polygon')).toMatchObject({ tool: 'polygon', classId: 3 });
});

test('every press of the size keys is felt, and ends at the limits', () => {
  let state = { ...firstTools, radius: 0.5 };
  const seen = [state.radius];
  for (let i = 0; i < 60; i++) {
    state = changeTools(state, { kind: 'resize', factor: 1.2 });
    seen.push(state.radius);
  }
  const grown = seen.slice(0, seen.indexOf(radiusRange[1]) + 1);
  expect(new Set(grown).size).toBe(grown.length);
  expect(seen.at(-1)).toBe(radiusRange[1]);
  for (let i = 0; i < 60; i++) state = changeTools(state, { kind: 'resize', factor: 1 / 1.2 });
  expect(state.radius).toBe(radiusRange[0]);
});

test('the eraser paints the background', () => {
  expect(paintedClass({ ...firstTools, tool: 'eraser', classId: 2 })).toBe(0);
  expect(paintedClass({ ...firstTools, tool: 'polygon', classId: 2 })).toBe(2);
});

test('moving the opacity shows a hidden mask', () => {
  const hidden = changeTools(firstTools, { kind: 'toggle-mask' });
  expect(hidden.maskHidden).toBe(true);
  expect(changeTools(hidden, { kind: 'opacity', opacity: 2 })).toMatchObject({
    opacity: 1,
    maskHidden: false,
  });
});

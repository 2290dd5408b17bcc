/** Tools and their settings, undo and zoom. */
import type { Editor } from '../engine/index.ts';
import { keyOf } from './keys.ts';
import {
  tools as allTools,
  radiusRange,
  type Tool,
  type ToolAction,
  type ToolState,
} from './tools.ts';

const names: Record<Tool, string> = {
  ...{ brush: 'Brush', eraser: 'Eraser', polygon: 'Polygon', fill: 'Fill', wand: 'Wand' },
  ...{ threshold: 'Threshold', move: 'Move' },
};

const hints: Partial<Record<Tool, string>> = {
  polygon: 'Click corner by corner; Enter or a click on the first corner closes.',
  fill: 'Click a region: all of it becomes this class.',
  wand: 'Click: connected pixels of like brightness become this class.',
  move: 'Drag the image. Or hold Space with any tool.',
};

export function ToolBar({
  tools,
  dispatch,
  editor,
  onZoom,
  onFit,
}: {
  tools: ToolState;
  dispatch: (action: ToolAction) => void;
  editor: Pick<Editor, 'canUndo' | 'canRedo' | 'undo' | 'redo'>;
  onZoom: (factor: number) => void;
  onFit: () => void;
}) {
  const paints = tools.tool === 'brush' || tools.tool === 'eraser';
  return (
    <section className="stack" aria-label="Tools">
      <fieldset className="tool-grid bare">
        <legend className="visually-hidden">Tool</legend>
        {allTools.map((tool) => (
          <button
            key={tool}
            type="button"
            className="button"
            aria-pressed={tools.tool === tool}
            aria-keyshortcuts={keyOf(tool)}
            onClick={() => dispatch({ kind: 'tool', tool })}
          >
            {names[tool]}{' '}
            <span className="key" aria-hidden="true">
              {keyOf(tool)}
            </span>
          </button>
        ))}
      </fieldset>
      {hints[tools.tool] && <p className="muted small">{hints[tools.tool]}</p>}
      {paints && (
        <label className="field">
          Size: {tools.radius * 2} px
          <input
            type="range"
            min={Math.log(radiusRange[0])}
            max={Math.log(radiusRange[1])}
            step="any"
            value={Math.log(tools.radius)}
            aria-valuetext={`${tools.radius * 2} pixels`}
            onChange={({ target }) =>
              dispatch({
                kind: 'radius',
                radius: Math.round(2 * Math.exp(Number(target.value))) / 2,
              })
            }
          />
        </label>
      )}
      {tools.tool === 'wand' && (
        <label className="field">
          Tolerance: {tools.tolerance}
          <input
            type="range"
            min={0}
            max={80}
            value={tools.tolerance}
            onChange={({ target }) =>
              dispatch({ kind: 'tolerance', tolerance: Number(target.value) })
            }
          />
        </label>
      )}
      <div className="row">
        <button
          type="button"
          className="button small"
          disabled={!editor.canUndo}
          onClick={() => editor.undo()}
        >
          Undo
        </button>
        <button
          type="button"
          className="button small"
          disabled={!editor.canRedo}
          onClick={() => editor.redo()}
        >
          Redo
        </button>
        <button
          type="button"
          className="button small"
          aria-label="Zoom in"
          onClick={() => onZoom(1.25)}
        >
          +
        </button>
        <button
          type="button"
          className="button small"
          aria-label="Zoom out"
          onClick={() => onZoom(0.8)}
        >
          −
        </button>
        <button type="button" className="button small" onClick={onFit}>
          Whole image
        </button>
      </div>
    </section>
  );
}

/** Which class is painted, and how strongly the mask covers the image. */
import type { ClassInfo } from '../../api.ts';
import { percent } from '../words/format.ts';
import type { ToolAction, ToolState } from './tools.ts';

export function ClassList({
  classes,
  shares,
  tools,
  dispatch,
}: {
  classes: readonly ClassInfo[];
  /** Of the image, by class id. */
  shares: readonly number[];
  tools: ToolState;
  dispatch: (action: ToolAction) => void;
}) {
  return (
    <section className="stack" aria-label="Classes">
      <fieldset className="bare stack tight">
        <legend className="visually-hidden">Class to paint</legend>
        {classes.map(({ name, colour }, id) =>
          id === 0 ? null : (
            <label key={id} className="choice class-choice">
              <input
                type="radio"
                name="class"
                checked={tools.classId === id}
                onChange={() => dispatch({ kind: 'class', classId: id })}
              />
              <i className="swatch" style={{ background: colour }} />
              <span>{name}</span>
              <span className="muted figures">{percent(shares[id] ?? 0)}</span>
              {id < 10 && (
                <span className="key" aria-hidden="true">
                  {id}
                </span>
              )}
            </label>
          ),
        )}
      </fieldset>
      <label className="field">
        Mask over the image: {tools.maskHidden ? 'hidden' : percent(tools.opacity)}
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={tools.opacity}
          onChange={({ target }) => dispatch({ kind: 'opacity', opacity: Number(target.value) })}
        />
      </label>
    </section>
  );
}

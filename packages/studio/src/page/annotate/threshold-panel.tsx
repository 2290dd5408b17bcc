/** Paints by brightness, live while the levels are moved; each look is the undo of the one before. */
import { useRef, useState } from 'react';
import { type Editor, otsuLevel } from '../engine/index.ts';

export function ThresholdPanel({
  editor,
  brightness,
  classId,
}: {
  editor: Editor;
  brightness: () => Uint8Array;
  classId: number;
}) {
  const [low, setLow] = useState<number>();
  const [high, setHigh] = useState(255);
  const [keep, setKeep] = useState(true);
  /** The editor's revision after our last look: if it is still that, nothing else was painted since. */
  const looked = useRef<number>(undefined);
  const look = (from: number, to: number, spare: boolean) => {
    setLow(from);
    setHigh(to);
    setKeep(spare);
    if (looked.current === editor.revision) editor.undo();
    const did = editor.threshold(brightness(), { classId, low: from, high: to, keep: spare });
    looked.current = did ? editor.revision : undefined;
  };
  const from = low ?? 128;
  return (
    <section className="stack" aria-label="Threshold">
      <p className="muted small">All pixels between two levels of brightness become this class.</p>
      <label className="field">
        From {low === undefined ? 'not set' : low}
        <input
          type="range"
          min={0}
          max={255}
          value={from}
          onChange={({ target }) =>
            look(Number(target.value), Math.max(high, Number(target.value)), keep)
          }
        />
      </label>
      <label className="field">
        To {high}
        <input
          type="range"
          min={0}
          max={255}
          value={high}
          onChange={({ target }) =>
            look(Math.min(from, Number(target.value)), Number(target.value), keep)
          }
        />
      </label>
      <label className="choice">
        <input
          type="checkbox"
          checked={keep}
          onChange={({ target }) =>
            low === undefined ? setKeep(target.checked) : look(from, high, target.checked)
          }
        />
        Leave other classes as they are
      </label>
      <div className="row">
        <button
          type="button"
          className="button small"
          onClick={() => look(otsuLevel(brightness()) + 1, 255, keep)}
        >
          Bright parts
        </button>
        <button
          type="button"
          className="button small"
          onClick={() => look(0, otsuLevel(brightness()), keep)}
        >
          Dark parts
        </button>
      </div>
    </section>
  );
}

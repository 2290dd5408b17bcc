/** Two pictures of one thing over each other; a slider says how much of the upper one is seen. */
import { useState } from 'react';
import './wipe.css';

export function Wipe({
  under,
  over,
  label,
}: {
  under: string;
  over: string;
  /** What the slider uncovers, such as `prediction of case 7`. */
  label: string;
}) {
  const [share, setShare] = useState(60);
  return (
    <div className="stack">
      <div className="wipe">
        <img src={under} alt={`What lies under the ${label}`} />
        <img
          className="over"
          src={over}
          alt={`The ${label}`}
          style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}
        />
        <i className="edge" style={{ left: `${share}%` }} />
      </div>
      <label className="field">
        Uncover the {label}
        <input
          type="range"
          min={0}
          max={100}
          value={share}
          aria-valuetext={`${share} percent`}
          onChange={({ target }) => setShare(Number(target.value))}
        />
      </label>
    </div>
  );
}

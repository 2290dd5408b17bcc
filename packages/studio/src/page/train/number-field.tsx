/** A number that may be left open; given on leaving the field. */
import { useState } from 'react';

export function NumberField({
  label,
  hint,
  value,
  whole = false,
  least = whole ? 1 : Number.MIN_VALUE,
  onGive,
}: {
  label: string;
  /** What holds when it is left open. */
  hint: string;
  value: number | null;
  whole?: boolean;
  least?: number;
  onGive: (value: number | null) => void;
}) {
  const [typed, setTyped] = useState<string>();
  const give = () => {
    if (typed === undefined) return;
    const number = Number(typed);
    if (typed.trim() === '') onGive(null);
    else if (number >= least) onGive(whole ? Math.round(number) : number);
    setTyped(undefined);
  };
  return (
    <label className="field">
      {label}
      <input
        type="number"
        min={whole ? least : 0}
        step={whole ? 1 : 'any'}
        placeholder={hint}
        value={typed ?? value ?? ''}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={give}
        onKeyDown={(event) => event.key === 'Enter' && give()}
      />
    </label>
  );
}

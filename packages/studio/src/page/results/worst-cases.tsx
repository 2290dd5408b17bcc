/** The cases with the lowest Dice, to look at: prediction filled, truth as a white line. */
import { useState } from 'react';
import {
  type CaseRow,
  type CaseScores,
  type MethodName,
  routes,
  type SetScores,
} from '../../api.ts';
import { hrefTo } from '../route.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Wipe } from '../ui/wipe.tsx';
import { score } from '../words/format.ts';

const few = 8;

export function WorstCases({
  round,
  method,
  scores,
  rows,
}: {
  round: string;
  method: MethodName;
  scores: SetScores;
  rows: readonly CaseRow[];
}) {
  const [open, setOpen] = useState<CaseScores>();
  const pictured = scores.cases.filter(({ overlay }) => overlay !== null).slice(0, few);
  if (pictured.length === 0) return null;
  const overlayOf = (one: CaseScores) =>
    routes.overlay(round, method, scores.set, one.overlay ?? '');
  const row = open?.inProject ? rows.find(({ id }) => id === open.id) : undefined;
  return (
    <section aria-labelledby="worst">
      <h2 id="worst">Worst first</h2>
      <p className="muted small">
        Coloured: what the model found. White line: your mask. Click a picture to look closely.
      </p>
      <ul className="plain worst">
        {pictured.map((one) => (
          <li key={one.id}>
            <button type="button" onClick={() => setOpen(one)}>
              <span className="visually-hidden">Look at</span>
              <img src={overlayOf(one)} alt="" loading="lazy" decoding="async" />
              <span className="row spread">
                <span className="clip">{one.id}</span>
                <strong className="figures">{score(one.dice)}</strong>
              </span>
              {one.presence === 'missed' && <span className="tag bad">missed</span>}
              {one.presence === 'false' && (
                <span className="tag bad">found where there is none</span>
              )}
            </button>
          </li>
        ))}
      </ul>
      {open && (
        <Dialog
          title={`${open.id}, Dice ${score(open.dice)}`}
          wide
          onClose={() => setOpen(undefined)}
        >
          {row ? (
            <Wipe
              under={routes.thumbnail(row.id, { size: 1024, revision: row.revision })}
              over={overlayOf(open)}
              label={`prediction of ${open.id}`}
            />
          ) : (
            <img
              className="pixels"
              src={overlayOf(open)}
              alt={`Prediction of ${open.id}, your mask as a white line`}
            />
          )}
          {row && (
            <p>
              Is your mask the one that is wrong?{' '}
              <a href={hrefTo('annotate', row.id)}>Correct it</a>, and train again.
            </p>
          )}
        </Dialog>
      )}
    </section>
  );
}

/** Which images test and which train, by patient. */
import { useState } from 'react';
import type { CaseChange, DataTable } from '../../api.ts';
import { plural } from '../words/format.ts';
import { drawTest } from './draw-test.ts';

export function Splits({
  table,
  busy,
  onChanges,
}: {
  table: DataTable;
  busy: boolean;
  onChanges: (changes: CaseChange[]) => void;
}) {
  const [seed, setSeed] = useState(0);
  const labelled = table.rows.filter(({ mask }) => mask !== null);
  const test = labelled.filter(({ split }) => split === 'test');
  const drawn = drawTest(table.rows, 0.2, seed);
  const reset = table.rows
    .filter(({ split }) => split !== null)
    .map(({ id }) => ({ id, split: null }));
  const known = table.rows.some(({ patient }) => patient !== null);
  return (
    <section className="card stack" aria-labelledby="splits">
      <h2 id="splits">Training and test</h2>
      <p>
        {test.length > 0
          ? `${plural(test.length, 'labelled image')} only test; ${plural(labelled.length - test.length, 'labelled image')} train, and training keeps a fifth of those to choose the best model.`
          : `All ${plural(labelled.length, 'labelled image')} train. Without a test set the result says less: it is measured on images that chose the model.`}
      </p>
      {table.testSets.length > 0 && (
        <p>
          From elsewhere, never trained on:{' '}
          {table.testSets
            .map(({ name, images }) => `${name} (${plural(images, 'image')})`)
            .join(', ')}
          .
        </p>
      )}
      <p className="muted">
        {known
          ? 'All images of one patient stay on one side.'
          : 'No patients are known: each image counts as one patient. If several are of one patient, write the patient in the table.'}
      </p>
      <div className="row">
        <button
          type="button"
          className="button"
          disabled={busy || labelled.length < 2}
          onClick={() => {
            onChanges(drawn);
            setSeed(seed + 1);
          }}
        >
          Set a fifth aside as test
        </button>
        <button
          type="button"
          className="button quiet"
          disabled={busy || reset.length === 0}
          onClick={() => onChanges(reset)}
        >
          Let all train
        </button>
      </div>
    </section>
  );
}

/** The guided tour: what to look at on each page, and where to go next. */
import { useEffect, useRef } from 'react';
import { useProject } from '../project.ts';
import { hrefTo, type Step, steps } from '../route.ts';
import { endGuide, takeBeginning, useGuide } from './guide-state.ts';
import './guide.css';

const words: Record<Step, { text: string; next: string }> = {
  data: {
    text: 'Ten chest X-rays train, nine of them with masks of the lungs; others are kept to test. Look through the table: which mask goes with which image, and what was understood.',
    next: 'Paint the tenth',
  },
  annotate: {
    text: 'This X-ray has no mask yet. Paint both lungs: the brush with B, larger and smaller with [ and ], the eraser with E, undo with Ctrl+Z. It is saved as you paint.',
    next: 'Train a model',
  },
  train: {
    text: 'One button trains. Watch the synthetic X-rays become better, and the Dice on validation images rise. You may pause, close the page and come back.',
    next: 'See the results',
  },
  results: {
    text: 'How well the model finds lungs that it never saw, with an interval that says how sure that is. The worst cases come first: look at them.',
    next: 'Use the model',
  },
  use: { text: 'Drop any chest X-ray here, and get its mask. That is all.', next: '' },
};

export function Guide({ step }: { step: Step }) {
  const { project } = useProject();
  const shown = useGuide(project.folder);
  const aside = useRef<HTMLElement>(null);
  useEffect(() => {
    if (shown && takeBeginning()) aside.current?.focus();
  }, [shown]);
  if (!shown) return null;
  const place = steps.indexOf(step);
  const after = steps[place + 1];
  return (
    <aside ref={aside} tabIndex={-1} className="guide" aria-label="Guided demo">
      <strong>
        Demo, {place + 1} of {steps.length}
      </strong>
      <p>{words[step].text}</p>
      {after && (
        <a className="button small" href={hrefTo(after)}>
          {words[step].next}
        </a>
      )}
      <button type="button" className="button quiet small" onClick={endGuide}>
        End the tour
      </button>
    </aside>
  );
}

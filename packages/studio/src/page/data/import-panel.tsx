/** Where files come in, and what became of them. */
import { useState } from 'react';
import type { ImportOptions } from '../../api.ts';
import { useProject } from '../project.ts';
import { DropArea } from '../ui/drop-area.tsx';
import { Failure, Note } from '../ui/note.tsx';
import { bytes, plural } from '../words/format.ts';
import { type ImportState, useImport } from './use-import.ts';

const kinds: Record<ImportOptions['as'], string> = {
  auto: 'Find out by itself',
  images: 'Images only',
  masks: 'Masks of images that are here already',
  'test-set': 'A test set of its own, from elsewhere',
};

export function ImportPanel({ compact, onDone }: { compact: boolean; onDone: () => void }) {
  const { project } = useProject();
  const { state, start, cancel } = useImport(onDone);
  const [as, setAs] = useState<ImportOptions['as']>('auto');
  const [name, setName] = useState('');
  const busy = state.kind === 'sending' || state.kind === 'finishing';
  const unnamed = as === 'test-set' && name.trim() === '';
  return (
    <div className="stack">
      <DropArea
        label="Drop images, masks, a folder or a zip here"
        hint={
          unnamed
            ? 'First give the test set a name.'
            : `PNG, JPEG, TIFF, BMP; masks and images find each other by their names. Up to ${bytes(project.limits.file)} a file. Nothing leaves this computer.`
        }
        compact={compact}
        disabled={busy || unnamed}
        onFiles={(files) => start(files, as === 'test-set' ? { as, name: name.trim() } : { as })}
      />
      <details>
        <summary>What the files are</summary>
        <div className="row">
          <label className="field">
            The files are
            <select
              value={as}
              onChange={(event) => setAs(event.target.value as ImportOptions['as'])}
            >
              {Object.entries(kinds).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          {as === 'test-set' && (
            <label className="field">
              Name of the test set
              <input
                type="text"
                value={name}
                placeholder="other-hospital"
                onChange={(event) => setName(event.target.value)}
              />
            </label>
          )}
        </div>
      </details>
      <Progress state={state} cancel={cancel} />
    </div>
  );
}

function Progress({ state, cancel }: { state: ImportState; cancel: () => void }) {
  switch (state.kind) {
    case 'idle':
      return null;
    case 'sending': {
      const { done, total, bytes: sent, totalBytes } = state.progress;
      return (
        <div className="stack" role="status">
          <progress aria-label="Files received" value={sent} max={Math.max(1, totalBytes)} />
          <div className="row spread">
            <span>
              {done} of {plural(total, 'file')}, {bytes(sent)} of {bytes(totalBytes)}
            </span>
            <button type="button" className="button small" onClick={cancel}>
              Cancel
            </button>
          </div>
        </div>
      );
    }
    case 'finishing':
      return (
        <p role="status" className="muted">
          Pairing images with masks …
        </p>
      );
    case 'failed':
      return <Failure message={state.message} />;
    case 'done':
      return <Outcome state={state} />;
  }
}

function Outcome({ state: { result, skipped } }: { state: ImportState & { kind: 'done' } }) {
  const { images, masks, renamed, replaced, inferred, problems } = result;
  return (
    <div role="status">
      <Note tone={problems.some(({ severity }) => severity === 'error') ? 'open' : 'good'}>
        <p>
          <strong>
            {plural(images, 'image')} and {plural(masks, 'mask')} came in.
          </strong>
        </p>
        <ul>
          {inferred.map((line) => (
            <li key={line}>{line}</li>
          ))}
          {problems.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
          {replaced.length > 0 && <li>Replaced: {replaced.join(', ')}</li>}
          {renamed.map(({ from, to }) => (
            <li key={from}>
              {from} is called {to} here, its name was taken.
            </li>
          ))}
          {skipped.map(({ path, reason }) => (
            <li key={path}>
              Left out: {path} ({reason})
            </li>
          ))}
        </ul>
      </Note>
    </div>
  );
}

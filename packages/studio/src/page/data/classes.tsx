/** The classes with their colours, and how large a pixel is. */
import { useState } from 'react';
import { type ClassInfo, type Project, type ProjectChange, routes } from '../../api.ts';
import { sendJson } from '../net/request.ts';
import { useAction } from '../net/use-action.ts';
import { useProject } from '../project.ts';
import { Failure } from '../ui/note.tsx';
import { nextColour } from './next-colour.ts';
import './classes.css';

export function Classes() {
  const { project, accept } = useProject();
  const change = useAction(async (what: ProjectChange) =>
    accept(await sendJson<Project>('PUT', routes.project, what)),
  );
  const give = (classes: ClassInfo[]) => change.run({ classes });
  const edit = (id: number, what: Partial<ClassInfo>) =>
    give(project.classes.map((one, i) => (i === id ? { ...one, ...what } : one)));
  return (
    <section className="card stack" aria-labelledby="classes">
      <h2 id="classes">Classes and scale</h2>
      <ul className="plain classes">
        {project.classes.map((one, id) =>
          id === 0 ? null : (
            // A class is its place in the list.
            <li key={id}>
              <input
                type="color"
                aria-label={`Colour of ${one.name}`}
                value={one.colour}
                onChange={(event) => edit(id, { colour: event.target.value })}
              />
              <Name value={one.name} onGive={(name) => edit(id, { name })} />
              {id > 1 && id === project.classes.length - 1 && (
                <button
                  type="button"
                  className="button quiet small"
                  aria-label={`Remove ${one.name}`}
                  disabled={change.busy}
                  onClick={() => give(project.classes.slice(0, -1))}
                >
                  Remove
                </button>
              )}
            </li>
          ),
        )}
      </ul>
      <div className="row">
        <button
          type="button"
          className="button small"
          disabled={change.busy || project.classes.length >= 64}
          onClick={() =>
            give([
              ...project.classes,
              { name: `class ${project.classes.length}`, colour: nextColour(project.classes) },
            ])
          }
        >
          Add a class
        </button>
      </div>
      <PixelSize value={project.pixelSize} onGive={(pixelSize) => change.run({ pixelSize })} />
      {change.error && <Failure message={change.error} />}
    </section>
  );
}

function Name({ value, onGive }: { value: string; onGive: (name: string) => void }) {
  const [typed, setTyped] = useState<string>();
  const give = () => {
    const name = typed?.trim();
    if (name && name !== value) onGive(name);
    setTyped(undefined);
  };
  return (
    <input
      type="text"
      aria-label={`Name of ${value}`}
      value={typed ?? value}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={give}
      onKeyDown={(event) => event.key === 'Enter' && give()}
    />
  );
}

function PixelSize({
  value,
  onGive,
}: {
  value: number | null;
  onGive: (pixelSize: number | null) => void;
}) {
  const [typed, setTyped] = useState<string>();
  const give = () => {
    if (typed === undefined) return;
    const size = Number(typed);
    if (typed.trim() === '') onGive(null);
    else if (size > 0) onGive(size);
    setTyped(undefined);
  };
  return (
    <label className="field">
      Side of a pixel in mm
      <input
        type="number"
        min={0}
        step="any"
        placeholder="not known"
        value={typed ?? value ?? ''}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={give}
        onKeyDown={(event) => event.key === 'Enter' && give()}
      />
      <small>If it is known, areas are given in mm² as well.</small>
    </label>
  );
}

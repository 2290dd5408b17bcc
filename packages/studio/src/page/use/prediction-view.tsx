/** One prediction: its pictures, areas, and downloads. */
import { useState } from 'react';
import { type PredictedItem, type Prediction, routes } from '../../api.ts';
import { useProjectEvents } from '../net/project-events.ts';
import { sendJson } from '../net/request.ts';
import { useAction } from '../net/use-action.ts';
import { useResource } from '../net/use-resource.ts';
import { useProject } from '../project.ts';
import { go } from '../route.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Failure, Note } from '../ui/note.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { Wipe } from '../ui/wipe.tsx';
import { area, moment, percent, plural } from '../words/format.ts';
import { methodWords } from '../words/methods.ts';

export function PredictionView({ id, onRemoved }: { id: string; onRemoved: () => void }) {
  const { value, error, reload } = useResource<Prediction>(routes.prediction(id));
  const [progress, setProgress] = useState<{ done: number; images: number }>();
  useProjectEvents({
    prediction: (event) => {
      if (event.id !== id) return;
      setProgress(event);
      reload();
    },
    again: reload,
  });
  const [open, setOpen] = useState<PredictedItem>();
  const remove = useAction(async () => {
    await sendJson('DELETE', routes.prediction(id));
    onRemoved();
    go('use');
  });
  if (!value) return error ? <Failure message={error} retry={reload} /> : <Waiting what={id} />;
  const picture = (name: string, kind: 'image' | 'overlay', size: number) =>
    routes.predictionPicture(id, { name, kind, size });
  const done = progress?.done ?? value.items.length;
  return (
    <section className="card stack" aria-labelledby="prediction">
      <div className="row spread">
        <h2 id="prediction">
          {plural(value.images, 'image')}, {moment(value.createdAt)}
        </h2>
        <span className="muted">
          {methodWords(value.model.method).label} of {value.model.round}
        </span>
      </div>
      {(value.state === 'running' || value.state === 'open') && (
        <div className="stack" role="status">
          <progress aria-label="Images done" value={done} max={Math.max(1, value.images)} />
          <span>
            {done} of {plural(value.images, 'image')} done
          </span>
        </div>
      )}
      {value.error && <Failure message={value.error} />}
      {value.failed.length > 0 && (
        <Note tone="bad">
          {value.failed.map(({ name, error: reason }) => (
            <p key={name}>
              {name}: {reason}
            </p>
          ))}
        </Note>
      )}
      {value.items.length > 0 && (
        <>
          <div className="row">
            <a className="button primary" href={routes.predictionZip(id)} download>
              Masks and overlays (zip)
            </a>
            <a className="button" href={routes.predictionCsv(id)} download>
              Areas (CSV)
            </a>
          </div>
          <ul className="plain predicted">
            {value.items.map((item) => (
              <li key={item.name}>
                <button
                  type="button"
                  onClick={() => setOpen(item)}
                  aria-label={`Look at ${item.name}`}
                >
                  <img
                    src={picture(item.name, 'overlay', 320)}
                    alt=""
                    loading="lazy"
                    decoding="async"
                  />
                </button>
                <strong className="clip" title={item.name}>
                  {item.name}
                </strong>
                <Areas item={item} />
              </li>
            ))}
          </ul>
        </>
      )}
      {open && (
        <Dialog title={open.name} wide onClose={() => setOpen(undefined)}>
          <Wipe
            under={picture(open.name, 'image', 1024)}
            over={picture(open.name, 'overlay', 1024)}
            label={`mask of ${open.name}`}
          />
          <Areas item={open} />
        </Dialog>
      )}
      {remove.error && <Failure message={remove.error} />}
      {value.state !== 'running' && (
        <p>
          <button
            type="button"
            className="button quiet small"
            disabled={remove.busy}
            onClick={remove.run}
          >
            Delete this prediction
          </button>
        </p>
      )}
    </section>
  );
}

function Areas({ item: { areas, width, height, uncertainty } }: { item: PredictedItem }) {
  const { classes } = useProject().project;
  return (
    <ul className="plain small figures">
      {areas.map(({ class: name, px, mm2 }, i) => (
        <li key={name}>
          <i className="swatch" style={{ background: classes[i + 1]?.colour }} /> {name}:{' '}
          {plural(px, 'pixel')}, {percent(px / (width * height))}
          {mm2 !== null && `, ${area(mm2)}`}
        </li>
      ))}
      {uncertainty !== null && (
        <li className="muted" title="Mean over all pixels: 0 is sure, 1 is a guess">
          uncertainty {uncertainty.toFixed(2)} of 1
        </li>
      )}
    </ul>
  );
}
